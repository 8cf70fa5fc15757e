// A process that ends while its inference thread is busy: run by exit-while-busy.test.ts as
// `exit-child.ts MODEL.onnx SIDE MOMENT`; says `busy` when the moment has come.
import { readFileSync } from 'node:fs';
import { openThreadedSession } from '../../src/classify/threaded-session.ts';

const [, , path, sideText, moment] = process.argv;
const side = Number(sideText), batch = 4, bytes = batch * side * side * 3;
const opening = openThreadedSession(new Uint8Array(readFileSync(path!)), { providers: ['cpu'], require: undefined, threads: { intraOp: 1, spinning: false }, sessions: 1, maxInputBytes: bytes });
opening.catch(() => undefined);

if (moment === 'loading') end();
const { session } = await opening;
const runs = Array.from({ length: 3 }, () => session.run(new Uint8Array(bytes), [batch, side, side, 3]));
for (const run of runs) run.catch(() => undefined);
if (moment === 'queued') end();
// The second is running when the first is answered.
await runs[0];
if (moment === 'error') throw new Error('on purpose');
end();

function end(): never {
  process.stdout.write('busy\n');
  process.exit(0);
}
