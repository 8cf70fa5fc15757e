// The file of those who may log in: a line each, `NAME ROLE HASH`, comments after `#`. It is read again when it changes, so that
// adding, removing or a new password applies at once; while it cannot be read, nobody new gets in.
import { readFileSync, statSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { isPasswordHash } from './password-hash.ts';
import type { Role } from './roles.ts';
import { isRole, ROLES } from './roles.ts';

export interface User {
  readonly name: string;
  readonly role: Role;
  /** See password-hash.ts. */
  readonly passwordHash: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

export function isUserName(text: string): boolean {
  return NAME.test(text);
}

/** Throws WEB_USERS_INVALID, with the line's number. `path` is for the message. */
export function parseUsers(text: string, path: string): Map<string, User> {
  const users = new Map<string, User>();
  for (const [index, line] of text.split('\n').entries()) {
    const [name, role, passwordHash, ...rest] = line.replace(/(^|\s)#.*$/, '').trim().split(/\s+/);
    if (name === '' || name === undefined) continue;
    const problem = problemOf({ name, role, passwordHash, rest }) ?? (users.has(name) ? `${name} is there twice` : undefined);
    if (problem !== undefined) throw new SortlineError('WEB_USERS_INVALID', `${path}, line ${index + 1}: ${problem}; write it with \`sortline user add\``, { context: { path, line: index + 1 } });
    users.set(name, { name, role: role as Role, passwordHash: passwordHash! });
  }
  return users;
}

function problemOf({ name, role, passwordHash, rest }: { name: string; role: string | undefined; passwordHash: string | undefined; rest: string[] }): string | undefined {
  if (!isUserName(name)) return `a name is 1 to 64 letters, digits, dots, dashes and @, not '${name.slice(0, 64)}'`;
  if (!isRole(role)) return `the role of ${name} must be ${ROLES.join(', ')}, not '${String(role).slice(0, 64)}'`;
  if (passwordHash === undefined || !isPasswordHash(passwordHash)) return `what stands for the password of ${name} is no scrypt hash`;
  return rest.length > 0 ? `there is more behind the password of ${name}` : undefined;
}

export function usersText(users: Iterable<User>): string {
  const lines = [...users].map(({ name, role, passwordHash }) => `${name} ${role} ${passwordHash}`);
  return `# Who may log in to Sortline's dashboard: name, role, password (scrypt). Written by \`sortline user\`.\n${lines.join('\n')}\n`;
}

export class UsersFile {
  readonly #path: string;
  readonly #log: Logger;
  #stamp: string;
  #users: Map<string, User>;

  /** Throws WEB_USERS_INVALID where it cannot be read or holds nobody. */
  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#stamp = stampOf(path);
    this.#users = readUsers(path);
    if (this.#users.size === 0) throw new SortlineError('WEB_USERS_INVALID', `${path} names nobody who may log in; add someone with \`sortline user add NAME --file ${path}\``, { context: { path } });
  }

  find(name: string): User | undefined {
    this.#follow();
    return this.#users.get(name);
  }

  #follow(): void {
    const stamp = stampOf(this.#path);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      this.#users = readUsers(this.#path);
      this.#log.info({ users: this.#users.size }, `${this.#path} changed: ${this.#users.size} may log in`);
    } catch (error) {
      this.#users = new Map();
      this.#log.error({ reason: reasonOf(error) }, `nobody can log in: ${reasonOf(error)}`);
    }
  }
}

function readUsers(path: string): Map<string, User> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SortlineError('WEB_USERS_INVALID', `the users file ${path} (web.users) cannot be read: ${reasonOf(cause)}; make one with \`sortline user add NAME --file ${path}\``, { context: { path }, cause });
  }
  return parseUsers(text, path);
}

/** Changes whenever the file is replaced or written. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}
