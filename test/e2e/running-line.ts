// The real service in a process of its own, as `sortline run -c` starts it: virtual belt, the twin on a real pseudo-terminal, the
// real model. Tests wait for what it says or publishes, never for time.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export class RunningLine {
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** Both streams. */
  output = '';
  standardOutput = '';

  /** The config file; the line follows its changes. */
  readonly file: string;

  /** `config`: YAML beside the ledger's path and the ports, which are the test's own; `web` is in the same style. Files that it names lie in `files`. */
  constructor(config: string, { web = '', files = {} }: { web?: string; files?: Readonly<Record<string, string>> } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'sortline-e2e-'));
    this.file = join(this.folder, 'line.yaml');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text);
    writeFileSync(this.file, `${config}\nledger: {path: ${join(this.folder, 'ledger.db')}}\nweb: {port: 0${web === '' ? '' : `, ${web}`}}\n`);
    this.#child = spawn(process.execPath, [MAIN, 'run', '-c', this.file], { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) stream.on('data', (data: Buffer) => { this.output += data.toString(); });
    this.#child.stdout!.on('data', (data: Buffer) => { this.standardOutput += data.toString(); });
    this.#ended = once(this.#child, 'close');
  }

  /** What the output says after `pattern`'s group, once it says so; the output itself where the process ends first. */
  async said(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match[1] ?? match[0];
      if (this.#child.exitCode !== null) throw new Error(`the line ended without saying ${pattern}:\n${this.output}`);
      await Promise.race([once(this.#child.stdout!, 'data'), this.#ended]);
    }
  }

  /** Process ids of the vision process, newest last. */
  visionPids(): number[] {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => parentOf(pid) === this.#child.pid && commandOf(pid).includes('vision-process-main'));
  }

  /** Sends the signal and waits for the end; the exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    await this.#ended;
    return this.#child.exitCode;
  }

  remove(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
