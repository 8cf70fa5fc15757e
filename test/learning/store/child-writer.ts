// One of several processes that fill a store at once; arguments: the store's folder, this writer's name, how many rounds.
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { openLearningStore } from '../../../src/learning/store/open-learning-store.ts';
import { pictures } from './store-rig.ts';

const [, , folder, name, rounds] = process.argv;
// All begin together, so that they create the store together as well.
process.send!('ready');
await new Promise((resolve) => process.once('message', resolve));
const store = openLearningStore(folder!, { clock: systemClock, log: silentLogger, codeRevision: 'child' });
const run = store.startRun({ kind: 'train', name: name!, config: {} });
for (let round = 0; round < Number(rounds); round++) {
  // The same contents from everybody, contents of one's own, and one alias that all want.
  await store.addArtifact(pictures('shared', { a: `round ${round}`, b: 'always' }, { runId: run.id }));
  const own = await store.addArtifact(pictures('mixed', { a: `${name} ${round}` }, { runId: run.id, aliases: ['newest'] }));
  run.log({ step: round, epoch: 0 }, { version: own.version });
  if (round % 5 === 0) await store.collectGarbage();
}
run.end('finished');
store.close();
process.disconnect();
