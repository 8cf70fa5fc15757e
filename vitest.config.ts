import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native add-ons keep state per process, and one that crashes must not take other files' tests with it.
    pool: 'forks',
    maxWorkers: 2,
    // Two processes for all files: loading the modules anew for each takes longer than many a file's tests.
    isolate: false,
    // Node strips the types itself, as it does in the line, and keeps what it compiled: Vite's transform took a fifth of the processor time.
    experimental: { viteModuleRunner: false },
    testTimeout: 10_000,
    hookTimeout: 10_000,
    passWithNoTests: false,
  },
});
