// `sortline user`: who may log in to the dashboard. Passwords are read, never given as arguments: those stand in the shell's
// history and in the list of processes. They are kept as scrypt hashes.
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { Option } from 'commander';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { replaceFile } from '../base/replace-file.ts';
import type { Role } from '../web/roles.ts';
import { ROLES } from '../web/roles.ts';
import type { User } from '../web/users-file.ts';
import { isUserName, parseUsers, usersText } from '../web/users-file.ts';

interface UserFlags {
  readonly file: string;
  readonly role: Role;
  readonly json?: true;
}

const SHORTEST_PASSWORD = 10;

export function addUserCommand(program: Command): void {
  const user = program.command('user')
    .summary('say who may log in to the dashboard')
    .description('Keeps the file of those who may log in to the dashboard (`web.users`). A running line follows it at once. The password is asked for on a terminal and read from the first line of standard input elsewhere.')
    .addHelpText('after', '\nExample:\n  $ sortline user add anna --role operator --file users');
  withFile(user.command('add')
    .summary('add someone, or give them another role or password')
    .argument('<name>', 'letters, digits, dots, dashes and @')
    .addOption(new Option('--role <role>', 'viewer looks, operator runs the line, maintainer changes recipes').choices(ROLES).default('viewer'))
    .addHelpText('after', '\nExample:\n  $ sortline user add anna --role operator --file users'))
    .action(add);
  withFile(user.command('remove')
    .summary('take someone out; their open sessions end')
    .argument('<name>', 'as it stands in the file')
    .addHelpText('after', '\nExample:\n  $ sortline user remove anna --file users'))
    .action(remove);
  withFile(user.command('list').summary('show names and roles').option('--json', 'print [{name, role}]')
    .addHelpText('after', '\nExample:\n  $ sortline user list --file users'))
    .action(list);
}

function withFile(command: Command): Command {
  return command.option('--file <file>', 'the users file, as `web.users` names it', 'users');
}

async function add(name: string, { file, role }: UserFlags): Promise<void> {
  if (!isUserName(name)) throw new SortlineError('USAGE', `a name is 1 to 64 letters, digits, dots, dashes and @, not '${name}'`);
  const users = readUsers(file);
  const password = await readPassword();
  if (password.length < SHORTEST_PASSWORD) throw new SortlineError('USAGE', `the password has ${password.length} characters; it needs at least ${SHORTEST_PASSWORD}`);
  const { hashPassword } = await import('../web/password-hash.ts');
  const isNew = !users.has(name);
  users.set(name, { name, role, passwordHash: await hashPassword(password) });
  writeUsers(file, users);
  process.stdout.write(`${name} ${isNew ? 'added' : 'changed'}: ${role}, in ${file}\n`);
}

function remove(name: string, { file }: UserFlags): void {
  const users = readUsers(file);
  if (!users.delete(name)) throw new SortlineError('WEB_USERS_INVALID', `${file} knows no ${name}; it knows ${[...users.keys()].join(', ') || 'nobody'}`, { context: { file, name } });
  writeUsers(file, users);
  process.stdout.write(`${name} removed from ${file}\n`);
}

function list({ file, json }: UserFlags): void {
  const users = [...readUsers(file).values()].map(({ name, role }) => ({ name, role }));
  process.stdout.write(json === true ? `${JSON.stringify(users)}\n` : users.map(({ name, role }) => `${name.padEnd(24)} ${role}\n`).join(''));
}

function readUsers(file: string): Map<string, User> {
  return existsSync(file) ? parseUsers(readFileSync(file, 'utf8'), file) : new Map();
}

function writeUsers(file: string, users: ReadonlyMap<string, User>): void {
  try {
    replaceFile(file, [Buffer.from(usersText(users.values()))], 0o600);
  } catch (cause) {
    throw new SortlineError('WEB_USERS_INVALID', `${file} cannot be written: ${reasonOf(cause)}`, { context: { file }, cause });
  }
}

/** On a terminal what is typed is not shown. */
function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  const isTerminal = stdin.isTTY === true;
  if (isTerminal) stderr.write('Password: ');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: isTerminal });
  return new Promise((resolve) => {
    let line = '';
    lines.once('line', (text) => {
      line = text;
      lines.close();
    });
    lines.once('close', () => {
      if (isTerminal) stderr.write('\n');
      resolve(line);
    });
  });
}
