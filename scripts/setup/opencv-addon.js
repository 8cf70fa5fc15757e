// @ts-check
// Builds OpenCV's Node add-on against Debian's OpenCV and the runtime's headers, with only the modules Sortline uses.
// The build happens below .node/opencv/build and its result is kept per key (package, ABI, OpenCV, flags), so that
// reinstalling npm's packages does not compile again. Unoptimised on purpose: the add-on is glue around Debian's
// optimised libraries, and compiles in half the time.
import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { problemFrom, SetupProblem } from './problem.js';
import { runCommand } from './run-command.js';
import { runtimeEnv, runtimeOf } from './site.js';
import { readText, writeWhole } from './stamp.js';

const CXX_FLAGS = '-O0 -g0 -w';
const usedModules = ['calib3d', 'core', 'highgui', 'imgcodecs', 'imgproc', 'video', 'videoio'];
/** What one compiler process takes on OpenCV's headers, so that a small machine does not swap. */
const BYTES_PER_JOB = 600e6;

/** @type {import('./set-up.js').Step} */
export const openCvAddon = {
  name: 'opencv-addon',
  title: "OpenCV's add-on",
  needs: ['node-runtime', 'debian-packages', 'npm-packages'],
  isDone: (site) => existsSync(builtFile(site)) && readText(keyFile(site)) === buildKey(site),

  async run(site, progress) {
    const key = buildKey(site);
    const kept = join(site.own, 'opencv', 'addon', `${key.replaceAll(/[^\w.+-]+/g, '_')}.node`);
    const isKept = existsSync(kept);
    if (!isKept) await build(site, progress, kept);
    mkdirSync(dirname(builtFile(site)), { recursive: true });
    cpSync(kept, `${builtFile(site)}.partial`);
    renameSync(`${builtFile(site)}.partial`, builtFile(site));
    writeWhole(keyFile(site), key);
    return isKept ? 'taken from an earlier build' : 'built';
  },
};

/** @param {import('./site.js').Site} site @param {import('./progress.js').StepProgress} progress @param {string} result */
async function build(site, progress, result) {
  const folder = freshFolder(join(site.own, 'opencv', 'build'));
  for (const part of ['binding.gyp', 'package.json', 'bin', 'cjs', 'cc']) cpSync(join(packageFolder(site), part), join(folder, part), { recursive: true });
  layOutOpenCv(site);
  const total = (readText(join(folder, 'binding.gyp')) ?? '').match(/"cc\/[^"]+\.cc"/g)?.length ?? 0;
  let compiled = 0;
  const onLine = (/** @type {string} */ line) => {
    if (line.includes('CXX(target)')) progress.detail(`compiling ${(compiled += 1)} of ${total}`);
    if (line.includes('SOLINK')) progress.detail('linking');
  };
  progress.detail(`preparing to compile ${total} files`);
  const runtime = runtimeOf(site);
  const nodeGyp = join(site.root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const args = [nodeGyp, 'rebuild', `--nodedir=${runtime?.home}`, '--jobs', String(jobsFor(site))];
  const outcome = await runCommand(site, runtime?.node ?? 'node', args, { cwd: folder, env: buildEnv(site), onLine });
  if (!outcome.ok) throw problemFrom("building OpenCV's add-on", outcome, 'the compiler\'s words are in .node/setup.log; running the command again starts this step over');
  const built = join(folder, 'build', 'Release', 'opencv4nodejs.node');
  if (!existsSync(built)) throw new SetupProblem('the build ended well but left no opencv4nodejs.node', 'see .node/setup.log');
  mkdirSync(dirname(result), { recursive: true });
  renameSync(built, result);
  rmSync(dirname(folder), { recursive: true, force: true });
}

/**
 * A folder of this attempt's own: the compiler of an earlier one that was killed may still be writing in its folder.
 * @param {string} parent
 */
function freshFolder(parent) {
  try {
    rmSync(parent, { recursive: true, force: true });
  } catch {
    // What such a compiler just wrote stays until the next attempt.
  }
  const folder = join(parent, String(process.pid));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** @param {import('./site.js').Site} site */
function buildEnv(site) {
  const folder = join(site.own, 'opencv');
  return {
    ...runtimeEnv(site),
    OPENCV4NODEJS_DISABLE_AUTOBUILD: '1',
    OPENCV_INCLUDE_DIR: join(folder, 'include'),
    OPENCV_LIB_DIR: join(folder, 'lib'),
    OPENCV_BIN_DIR: '/usr/bin',
    CXXFLAGS: CXX_FLAGS,
    JOBS: String(jobsFor(site)),
  };
}

/**
 * Debian's opencv_modules.hpp claims every module, and the add-on would then want the headers of packages that are not
 * installed. So the compiler is shown a folder with Debian's headers, linked, and a shorter list of modules.
 * @param {import('./site.js').Site} site
 */
function layOutOpenCv(site) {
  const headers = join(site.systemRoot, 'usr/include/opencv4/opencv2');
  const include = join(site.own, 'opencv', 'include', 'opencv2');
  const lib = join(site.own, 'opencv', 'lib');
  for (const folder of [include, lib]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  for (const entry of readdirSync(headers).filter((name) => name !== 'opencv_modules.hpp')) symlinkSync(join(headers, entry), join(include, entry));
  writeFileSync(join(include, 'opencv_modules.hpp'), usedModules.map((name) => `#define HAVE_OPENCV_${name.toUpperCase()}\n`).join(''));
  for (const name of usedModules) symlinkSync(join(libraryFolder(site), `libopencv_${name}.so`), join(lib, `libopencv_${name}.so`));
}

/** Everything the binary depends on. @param {import('./site.js').Site} site */
function buildKey(site) {
  const version = JSON.parse(readText(join(packageFolder(site), 'package.json')) ?? '{}').version;
  return `opencv4nodejs ${version} abi ${runtimeOf(site)?.abi} ${site.arch} opencv ${openCvVersion(site)} ${usedModules.join('+')} ${CXX_FLAGS}`;
}

/** @param {import('./site.js').Site} site */
function openCvVersion(site) {
  try {
    return readlinkSync(join(libraryFolder(site), 'libopencv_core.so')).replace(/^.*\.so\./, '');
  } catch {
    return 'absent';
  }
}

/** @param {import('./site.js').Site} site */
function libraryFolder(site) {
  return join(site.systemRoot, 'usr/lib', site.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu');
}

/** @param {import('./site.js').Site} site */
function jobsFor(site) {
  const asked = Number(site.env.JOBS);
  if (Number.isInteger(asked) && asked > 0) return asked;
  return Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / BYTES_PER_JOB)));
}

/** @param {import('./site.js').Site} site */
function packageFolder(site) {
  return join(site.root, 'node_modules', '@u4', 'opencv4nodejs');
}

/** @param {import('./site.js').Site} site */
function builtFile(site) {
  return join(packageFolder(site), 'build', 'Release', 'opencv4nodejs.node');
}

/** @param {import('./site.js').Site} site */
function keyFile(site) {
  return join(packageFolder(site), 'build', 'Release', 'built-for.txt');
}
