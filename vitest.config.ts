import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** What takes longest, begun first: at the end it would keep one core from helping the other. */
const LONG = ['test/e2e/', 'test/cli/train-command', 'test/cli/sweep-command', 'test/app/calibrate-virtual-belt', 'test/app/campaign', 'test/learning/gradient/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => (LONG.findIndex((part) => moduleId.includes(part)) + LONG.length + 1) % (LONG.length + 1);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native add-ons keep state per process, and one that crashes must not take other files' tests with it.
    pool: 'forks',
    // One more than cores: many a test waits for a belt, a broker or a process.
    maxWorkers: availableParallelism() + 1,
    // Few processes for all files: loading the modules anew for each takes longer than many a file's tests.
    isolate: false,
    // Node strips the types itself, as it does in the line, and keeps what it compiled: Vite's transform took a fifth of the processor time.
    experimental: { viteModuleRunner: false },
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 20_000,
    passWithNoTests: false,
  },
});
