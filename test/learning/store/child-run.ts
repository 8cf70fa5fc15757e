// A training that logs without end, for tests that kill it; argument: the store's folder. Tells each step once its call has returned.
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { openLearningStore } from '../../../src/learning/store/open-learning-store.ts';
import { bytes, pictures } from './store-rig.ts';

const store = openLearningStore(process.argv[2]!, { clock: systemClock, log: silentLogger, codeRevision: 'child' });
const run = store.startRun({ kind: 'train', name: 'killed', config: {} });
const artifact = await store.addArtifact(pictures('trash', { a: '1' }, { runId: run.id }));
run.use(artifact);
for (let step = 1; ; step++) {
  run.log({ step, epoch: step / 10 }, { loss: 1 / step, accuracy: 1 - 1 / step });
  run.say(`step ${step}`);
  run.keepFile('last.txt', bytes(String(step)));
  // Blocks while the pipe is full, so the parent sees how far it came at the latest.
  process.send!(step);
  await new Promise((resolve) => setImmediate(resolve));
}
