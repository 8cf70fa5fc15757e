// Secrets leave the configuration only towards the part that needs them; whatever is printed goes through here.

/** Keys whose values are never shown. `passwordFile` names a file and is shown. */
const SECRET_KEY = /(password|secret|token|passphrase|credentials?)$/i;
const URL_CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)[^/@]+@/i;

export const HIDDEN = '(hidden)';

export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** `rtsp://(hidden)@camera/stream` for an address that carries credentials, else the text itself. */
export function withoutUrlCredentials(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1${HIDDEN}@`);
}

/** A copy with every secret replaced by {@link HIDDEN}. */
export function withoutSecrets(value: unknown, key = ''): unknown {
  if (value !== undefined && isSecretKey(key)) return HIDDEN;
  if (typeof value === 'string') return withoutUrlCredentials(value);
  if (Array.isArray(value)) return value.map((entry) => withoutSecrets(entry));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutSecrets(inner, name)]));
}
