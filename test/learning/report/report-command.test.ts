// `sortline report` of a sweep, as a person runs it.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { openLearningStore } from '../../../src/learning/store/open-learning-store.ts';
import { openSweepStore } from '../../../src/learning/sweep/open-sweep-store.ts';
import { sweepConfig } from '../../../src/learning/sweep/sweep-config.ts';
import { sortline } from '../../cli/command-line.ts';
import { scratchFolder } from '../store/store-rig.ts';
import { drawnDataSet, drawnTraining } from './learned-store.ts';

// Drawing runs into a store and starting commands takes a loaded machine its time.
vi.setConfig({ testTimeout: 60_000 });

it('reports the trials of a sweep by its metric, failed ones among the runs', async () => {
  const folder = scratchFolder('sweep-report');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = openLearningStore(folder, { clock: systemClock, log: silentLogger, codeRevision: 'test' }), sweeps = openSweepStore(folder, { clock: systemClock });
  const config = sweepConfig.parse({ method: 'grid', metric: { name: 'val/loss', goal: 'minimize' }, parameters: { learn_rate: { values: [0.1, 0.01, 0.001, 0.0001, 0.00001, 0.2] }, dropout: { value: 0.5 } } });
  const sweep = sweeps.create({ name: 'rates', config, task: {} });
  const data = await drawnDataSet(store);
  for (let taken = sweeps.take(sweep.id); taken.kind === 'trial'; taken = sweeps.take(sweep.id)) {
    const { number, attempt, parameters } = taken.trial;
    const runId = await drawnTraining(store, data, { name: `rates-${number}`, skill: 0.9 - 0.02 * number, epochs: 3, settings: parameters, sweepId: sweep.id }, number);
    sweeps.nameRun(attempt, runId);
    sweeps.report(attempt, 0.3 + 0.1 * number);
    sweeps.settle(attempt, { state: 'finished' });
  }
  store.startRun({ kind: 'train', name: 'rates-lost', config: {}, sweepId: sweep.id }).end('failed', 'out of <memory>');
  sweeps.close();
  store.close();

  const out = join(folder, 'report.html');
  expect(await sortline(['report', '--sweep', 'rates', '--out', out, '--store', folder])).toEqual({ exitCode: 0, stderr: '', stdout: `${out}: 7 runs\n` });
  const text = readFileSync(out, 'utf8');
  expect(text).toContain('<h1>Sweep rates</h1>');
  expect(text).toContain('6 trials, a line each; the bluer, the lower the val/loss.');
  expect(text).toContain('<h3>Importance</h3>');
  expect(text).toMatch(/class="trial best"[^>]*><title>trial 0: val\/loss 0\.3<\/title>/);
  expect(text).toContain('<b>rates-lost</b> failed: out of &#60;memory&#62;');
  expect(text).not.toMatch(/(src|href)="https?:/);

  const [both, none, nowhere] = await Promise.all([['--sweep', 'rates', '--runs', 'rates-0'], ['--runs', ','], ['--runs', 'rates-0,nowhere']].map((flags) => sortline(['report', ...flags, '--out', out, '--store', folder])));
  expect([both!.exitCode, none!.exitCode, nowhere!.exitCode]).toEqual([2, 2, 1]);
  expect(nowhere!.stderr).toContain('STORE_NOT_FOUND');
});
