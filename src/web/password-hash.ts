// Passwords as the users file keeps them: scrypt (RFC 7914) with a salt of their own, its costs beside it, in the notation of
// the PHC string format: `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, base64 without padding.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 2^15 blocks of 1 kB: 32 MB and some 60 ms, off the main thread. */
const LOG_N = 15, R = 8, P = 1;
const SALT_BYTES = 16, HASH_BYTES = 32;
const PATTERN = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{22,86})$/;

/** `logN` below the default is for tests: it makes guessing cheap. */
export async function hashPassword(password: string, logN = LOG_N): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, { logN, r: R, p: P, bytes: HASH_BYTES });
  return `$scrypt$ln=${logN},r=${R},p=${P}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Whether it is a hash that {@link isPassword} can compare with, and costs no more than this machine should spend. */
export function isPasswordHash(text: string): boolean {
  const match = PATTERN.exec(text);
  if (match === null) return false;
  const [logN, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  return logN >= 10 && logN <= 17 && r >= 1 && r <= 16 && p >= 1 && p <= 4;
}

/** Takes as long for a wrong password as for the right one. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const match = PATTERN.exec(hash);
  if (match === null || !isPasswordHash(hash)) return false;
  const [, logN, r, p, salt, expected] = match as unknown as [string, string, string, string, string, string];
  const wanted = Buffer.from(expected, 'base64');
  const found = await derive(password, Buffer.from(salt, 'base64'), { logN: Number(logN), r: Number(r), p: Number(p), bytes: wanted.length });
  return timingSafeEqual(found, wanted);
}

/** Of no password: what a login under an unknown name is compared with, so that it takes as long. */
export const NOBODYS_HASH = `$scrypt$ln=${LOG_N},r=${R},p=${P}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

function derive(password: string, salt: Uint8Array, costs: { logN: number; r: number; p: number; bytes: number }): Promise<Buffer> {
  const { logN, r, p, bytes } = costs;
  const N = 2 ** logN;
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, bytes, { N, r, p, maxmem: 256 * N * r }, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
