// Which provider really computes? A session opened on `cuda` may still have every node placed on the CPU, and ONNX
// Runtime does not say so. Its profile of one run does: every node's event names the provider that ran it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own for one profile; removed by {@link ProfileFolder.take}. */
export class ProfileFolder {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sortline-profile-'));

  /** For ONNX Runtime's `profileFilePrefix`. */
  get prefix(): string {
    return join(this.#folder, 'run');
  }

  /** Nodes run by each provider, e.g. `{ CUDAExecutionProvider: 27, CPUExecutionProvider: 2 }`; empty without a profile. */
  take(): Readonly<Record<string, number>> {
    try {
      const [name] = readdirSync(this.#folder);
      return name === undefined ? {} : nodesByProvider(readFileSync(join(this.#folder, name), 'utf8'));
    } finally {
      this.remove();
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function nodesByProvider(profile: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of JSON.parse(profile) as { cat?: string; args?: { provider?: string } }[]) {
    const provider = event.args?.provider;
    if (event.cat === 'Node' && provider !== undefined) counts[provider] = (counts[provider] ?? 0) + 1;
  }
  return counts;
}

/** Why `counts` is no proof that an accelerator does the work; undefined when it does at least half of the nodes. */
export function doubtOf(counts: Readonly<Record<string, number>>): string | undefined {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const onCpu = counts['CPUExecutionProvider'] ?? 0;
  if (total > 0 && onCpu * 2 <= total) return undefined;
  return total === 0 ? 'it was loaded, but the run left no profile that would show it at work' : `it was loaded, but ${onCpu} of ${total} nodes of the model ran on the CPU`;
}
