// An agent in a process of its own, for tests that kill it; arguments: the store's folder and the sweep's id. The objective is real
// though small: logistic regression by gradient descent. It tells of each trial it begins and trains when it is told to.
import { once } from 'node:events';
import { createRandom } from '../../../src/base/random.ts';
import { systemClock } from '../../../src/base/clock.ts';
import type { Clock } from '../../../src/base/clock.ts';
import { runAgent } from '../../../src/learning/sweep/agent.ts';
import { openSweepStore } from '../../../src/learning/sweep/open-sweep-store.ts';
import type { TrialRun } from '../../../src/learning/sweep/trial-runner.ts';

/** Waits a hundredth of the time, so that a test of waiting agents is short. */
const hasty: Clock = { ...systemClock, after: (delayMs, callback) => systemClock.after(delayMs / 100, callback) };

/** Points on either side of a line, with some on the wrong one; the loss after each epoch. */
function train({ learn_rate, epoch_qty, weight_decay }: Record<string, unknown>, onEpoch: (loss: number) => void): void {
  const random = createRandom(3);
  const points = Array.from({ length: 200 }, () => [random.gaussian(), random.gaussian()] as const);
  const labels = points.map(([x, y]) => Number(x - 2 * y + 0.5 * random.gaussian() > 0.3));
  let [a, b, c] = [0, 0, 0];
  for (let epoch = 0; epoch < Number(epoch_qty); epoch++) {
    let loss = 0;
    for (const [index, [x, y]] of points.entries()) {
      const probability = 1 / (1 + Math.exp(-(a * x + b * y + c)));
      loss -= Math.log(Math.max(1e-9, labels[index] === 1 ? probability : 1 - probability)) / points.length;
      const step = Number(learn_rate) * (labels[index]! - probability);
      [a, b, c] = [a + step * x - Number(weight_decay) * a, b + step * y - Number(weight_decay) * b, c + step];
    }
    onEpoch(loss);
  }
}

const [folder, sweepId] = process.argv.slice(2) as [string, string];
const store = openSweepStore(folder, { clock: systemClock });
const run = async ({ number, parameters, onMetrics }: TrialRun): Promise<{ state: 'finished' }> => {
  const told = once(process, 'message');
  process.send!({ begun: number });
  await told;
  train(parameters, (loss) => onMetrics({ 'val/loss': loss }));
  return { state: 'finished' };
};
const end = await runAgent(store.sweep(sweepId), { store, runner: { run }, clock: hasty, signal: new AbortController().signal, onEvent: () => undefined });
store.close();
process.send!({ end });
process.disconnect();
