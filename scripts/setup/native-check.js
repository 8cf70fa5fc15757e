// @ts-check
// Loads each native part once in the runtime, after anything changed: a missing system library is named here, with the
// part that needs it, instead of in the middle of a run.
import { join } from 'node:path';
import { SetupProblem } from './problem.js';
import { runCommand } from './run-command.js';
import { runtimeEnv, runtimeOf } from './site.js';
import { readText, setStamp, stampOf } from './stamp.js';

const parts = [
  { name: "OpenCV's add-on", load: "require('./node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node').Mat.name", mend: 'remove .node/opencv/addon and node_modules/@u4/opencv4nodejs/build, then run the command again' },
  { name: 'ONNX Runtime', load: "require('onnxruntime-node').InferenceSession.name", mend: 'remove node_modules/onnxruntime-node, then run the command again' },
  { name: 'the serial port binding', load: "require('@serialport/bindings-cpp').autoDetect().name", mend: 'remove node_modules/@serialport, then run the command again' },
  { name: 'SQLite', load: "new (require('node:sqlite').DatabaseSync)(':memory:').close()", mend: 'this Node was built without SQLite: use Node 24 as nodejs.org builds it' },
];

/** @type {import('./set-up.js').Step} */
export const nativeCheck = {
  name: 'native-check',
  title: 'Native parts load',
  needs: ['node-runtime', 'debian-packages', 'npm-packages', 'opencv-addon'],
  isDone: (site) => stampOf(site, 'native-check') === checkKey(site),

  async run(site, progress) {
    for (const { name, load, mend } of parts) {
      progress.detail(name);
      const outcome = await runCommand(site, runtimeOf(site)?.node ?? 'node', ['--eval', load], { cwd: site.root, env: runtimeEnv(site) });
      const reason = outcome.tail.find((line) => /Error/.test(line)) ?? `it ended with ${outcome.code}`;
      if (!outcome.ok) throw new SetupProblem(`${name} does not load: ${reason.trim()}`, mend);
    }
    setStamp(site, 'native-check', checkKey(site));
    return parts.map(({ name }) => name).join(', ');
  },
};

/** @param {import('./site.js').Site} site */
function checkKey(site) {
  const addon = readText(join(site.root, 'node_modules', '@u4', 'opencv4nodejs', 'build', 'Release', 'built-for.txt'));
  const version = (/** @type {string} */ name) => JSON.parse(readText(join(site.root, 'node_modules', name, 'package.json')) ?? '{}').version;
  return `${addon} ort ${version('onnxruntime-node')} serial ${version('@serialport/bindings-cpp')}`;
}
