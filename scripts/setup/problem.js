// @ts-check
// What a step throws when it cannot do its work: what is wrong and what mends it, both for a person.

export class SetupProblem extends Error {
  /** @param {string} what what could not be done, and why @param {string} mend what the person does about it */
  constructor(what, mend) {
    super(what);
    this.name = 'SetupProblem';
    this.mend = mend;
  }
}

const causes = [
  { pattern: /ENOSPC|No space left on device/i, what: 'the disk is full', mend: 'free about 3 GB, then run the command again: it goes on where it stopped' },
  {
    pattern: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|Temporary failure resolving|Could not resolve|Could not connect|Network is unreachable|Unable to connect/,
    what: 'the network could not be reached',
    mend: 'check the connection (and https_proxy, if this network needs a proxy), then run the command again: it goes on where it stopped',
  },
  { pattern: /SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_HAS_EXPIRED|certificate verif/i, what: "the server's certificate was not trusted", mend: 'if this network inspects TLS, point NODE_EXTRA_CA_CERTS at its certificate; check the clock; then run the command again' },
  { pattern: /Could not find any Python|gyp ERR! find Python/, what: 'Python 3 was not found, which node-gyp needs', mend: 'as root: apt-get install -y python3' },
  { pattern: /(g\+\+|c\+\+|make|cc1plus)[^\n]*(not found|No such file)/, what: 'the C++ compiler or make was not found', mend: 'as root: apt-get install -y g++ make' },
  { pattern: /Killed signal terminated program|out of memory|Cannot allocate memory|virtual memory exhausted/i, what: 'memory ran out while compiling', mend: 'close other programs or add swap (1 GB is enough), then run with JOBS=1' },
  { pattern: /Could not get lock|Unable to acquire the dpkg/, what: 'another program holds the package system', mend: 'wait until the other apt or dpkg has ended, then run the command again' },
  { pattern: /dpkg was interrupted/, what: 'an earlier installation was interrupted', mend: 'as root: dpkg --configure -a, then run the command again' },
  { pattern: /EACCES|Permission denied/, what: 'a file could not be written', mend: 'check who owns the project folder and ~/.npm (an earlier run as root may have left files), then run the command again' },
];

/**
 * The problem behind a failed command, from its last lines; when none is recognised, the command and its exit code.
 * @param {string} doing what was being done, as "installing packages"
 * @param {{ command: string, code: number | string, tail: string[] }} outcome
 * @param {string} mend what to say when the cause is not recognised
 */
export function problemFrom(doing, outcome, mend) {
  const text = outcome.tail.join('\n');
  const cause = causes.find(({ pattern }) => pattern.test(text));
  if (cause !== undefined) return new SetupProblem(`${doing} failed: ${cause.what}`, cause.mend);
  const said = outcome.tail.filter((line) => /error|ERR!|^E: /i.test(line)).slice(-3).join('\n    ');
  return new SetupProblem(`${doing} failed: \`${outcome.command}\` ended with ${outcome.code}${said === '' ? '' : `\n    ${said}`}`, mend);
}
