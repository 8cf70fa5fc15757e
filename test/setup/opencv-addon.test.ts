import { existsSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCvAddon } from '../../scripts/setup/opencv-addon.js';
import { quietProgress, scratchSite } from './scratch-site.ts';
import type { Scratch } from './scratch-site.ts';

const addonFolder = 'node_modules/@u4/opencv4nodejs';
const built = `${addonFolder}/build/Release/opencv4nodejs.node`;

/** A node-gyp that notes how it was called and leaves a result, in the folder it is run in. */
const compiling = `
  const fs = require('node:fs');
  fs.appendFileSync(process.env.CALLS, process.argv.slice(2).join(' ') + ' flags ' + process.env.CXXFLAGS + '\\n');
  console.log('  CXX(target) Release/obj.target/opencv4nodejs/cc/a.o');
  fs.mkdirSync('build/Release', { recursive: true });
  fs.writeFileSync('build/Release/opencv4nodejs.node', 'binary');`;

/** A project whose runtime is the Node of the tests, with Debian's OpenCV laid out below the scratch system. */
function project(nodeGyp = compiling): Scratch {
  const scratch = scratchSite();
  scratch.write('home/include/node/node_version.h', '#define NODE_MODULE_VERSION 137\n');
  scratch.write('home/bin/.keep', '');
  symlinkSync(process.execPath, join(scratch.site.root, 'home/bin/node'));
  scratch.site.node = { version: '24.9.0', execPath: join(scratch.site.root, 'home/bin/node'), abi: '137' };
  for (const header of ['core.hpp', 'video.hpp', 'opencv_modules.hpp']) scratch.write(`system/usr/include/opencv4/opencv2/${header}`, '');
  scratch.write('system/usr/lib/x86_64-linux-gnu/libopencv_core.so.406', '');
  symlinkSync('libopencv_core.so.406', join(scratch.site.systemRoot, 'usr/lib/x86_64-linux-gnu/libopencv_core.so'));
  scratch.write('node_modules/node-gyp/bin/node-gyp.js', nodeGyp);
  unpackAddon(scratch);
  return scratch;
}

function unpackAddon(scratch: Scratch): void {
  scratch.write(`${addonFolder}/package.json`, '{"version":"7.1.2"}');
  scratch.write(`${addonFolder}/binding.gyp`, '"cc/a.cc", "cc/b.cc"');
  for (const file of ['bin/install.js', 'cjs/a.js', 'cc/a.cc']) scratch.write(`${addonFolder}/${file}`, '');
}

describe("OpenCV's add-on", () => {
  test('is built with the modules Sortline uses, against the headers of the runtime', async () => {
    using scratch = project();
    expect(openCvAddon.isDone(scratch.site)).toBe(false);
    const progress = quietProgress();
    await openCvAddon.run(scratch.site, progress);
    expect(openCvAddon.isDone(scratch.site)).toBe(true);
    expect(progress.details).toEqual(['preparing to compile 2 files', 'compiling 1 of 2']);
    expect(scratch.calls()[0]).toMatch(/^rebuild --nodedir=.*\/home --jobs \d+ flags -O0/);
    const include = join(scratch.site.own, 'opencv/include/opencv2');
    expect(readFileSync(join(include, 'opencv_modules.hpp'), 'utf8').match(/HAVE_OPENCV_\w+/g)).toEqual(['CALIB3D', 'CORE', 'HIGHGUI', 'IMGCODECS', 'IMGPROC', 'VIDEO', 'VIDEOIO'].map((name) => `HAVE_OPENCV_${name}`));
    expect(readlinkSync(join(include, 'core.hpp'))).toBe(join(scratch.site.systemRoot, 'usr/include/opencv4/opencv2/core.hpp'));
    expect(existsSync(join(scratch.site.own, 'opencv/build'))).toBe(false);
  });

  test('is taken from the earlier build when node_modules was installed anew', async () => {
    using scratch = project();
    await openCvAddon.run(scratch.site, quietProgress());
    rmSync(join(scratch.site.root, addonFolder), { recursive: true });
    unpackAddon(scratch);
    expect(openCvAddon.isDone(scratch.site)).toBe(false);
    expect(await openCvAddon.run(scratch.site, quietProgress())).toContain('earlier build');
    expect(scratch.calls()).toHaveLength(1);
    expect(openCvAddon.isDone(scratch.site)).toBe(true);
  });

  test('is built again for another Node ABI and another OpenCV', async () => {
    using scratch = project();
    await openCvAddon.run(scratch.site, quietProgress());
    const other = { ...scratch.site, node: { ...scratch.site.node, abi: '141' } };
    expect(openCvAddon.isDone(other)).toBe(false);
    await openCvAddon.run(other, quietProgress());
    expect(scratch.calls()).toHaveLength(2);
    rmSync(join(scratch.site.systemRoot, 'usr/lib/x86_64-linux-gnu/libopencv_core.so'));
    expect(openCvAddon.isDone(other)).toBe(false);
  });

  test.each([
    ['no compiler', 'make: g++: No such file or directory', /compiler or make was not found/, /apt-get install -y g\+\+ make/],
    ['no python', 'gyp ERR! find Python \ngyp ERR! stack Error: Could not find any Python installation to use', /Python 3 was not found/, /apt-get install -y python3/],
    ['too little memory', 'g++: fatal error: Killed signal terminated program cc1plus', /memory ran out/, /JOBS=1/],
  ])('%s is named with what mends it', async (_name, said, what, mend) => {
    using scratch = project(`console.error(${JSON.stringify(said)}); process.exit(1);`);
    await expect(openCvAddon.run(scratch.site, quietProgress())).rejects.toMatchObject({ name: 'SetupProblem', message: expect.stringMatching(what), mend: expect.stringMatching(mend) });
    expect(existsSync(join(scratch.site.root, built))).toBe(false);
  });
});
