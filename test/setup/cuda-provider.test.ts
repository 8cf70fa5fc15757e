import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cudaProvider } from '../../scripts/setup/cuda-provider.js';
import { missingSteps, setUp } from '../../scripts/setup/set-up.js';
import { root } from '../structure/source-files.ts';
import { listening, quietProgress, scratchSite } from './scratch-site.ts';
import type { Scratch } from './scratch-site.ts';

const AdmZip = createRequire(join(root, 'node_modules/onnxruntime-node/package.json'))('adm-zip') as new () => { addFile(path: string, content: Buffer): void; toBuffer(): Buffer };
const names = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so', 'libonnxruntime_providers_tensorrt.so'];
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** A feed as NuGet's: an index that names where packages are, and one package (or a refusal). */
async function feed(nupkg: Buffer | number): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/index.json') response.end(JSON.stringify({ resources: [{ '@type': 'PackageBaseAddress/3.0.0', '@id': `http://${request.headers.host}/flat/` }] }));
    else if (typeof nupkg === 'number') response.writeHead(nupkg).end();
    else response.writeHead(request.url === '/flat/some.gpu/1.2.3/some.gpu.1.2.3.nupkg' ? 200 : 404).end(nupkg);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.json`;
}

function packageWith(files: readonly string[], content = '\x7fELF the library'): Buffer {
  const zip = new AdmZip();
  for (const name of files) zip.addFile(`runtimes/linux-x64/native/${name}`, Buffer.from(content, 'latin1'));
  return zip.toBuffer();
}

function project(index: string): Scratch {
  const scratch = scratchSite();
  scratch.site.env.SORTLINE_NUGET_INDEX = index;
  scratch.write('node_modules/onnxruntime-node/package.json', '{}');
  scratch.write('node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1', '');
  scratch.write('node_modules/adm-zip/index.js', `module.exports = require(${JSON.stringify(join(root, 'node_modules/adm-zip'))});`);
  const manifest = Object.fromEntries(names.map((name) => [`./${name}`, { path: `runtimes/linux-x64/native/${name}` }]));
  scratch.write('node_modules/onnxruntime-node/script/install-metadata.js', `module.exports = ${JSON.stringify({
    manifests: { 'linux/x64:cuda12': manifest },
    packages: { 'nuget:linux/x64:cuda12': { name: 'Some.Gpu', versions: [{ feed: 'nuget', version: '1.2.3' }] } },
    feeds: { nuget: { index: 'http://127.0.0.1:9/unused' } },
  })};`);
  scratch.write('system/proc/driver/nvidia/version', 'NVRM version');
  return scratch;
}

const library = (scratch: Scratch, name: string): string => join(scratch.site.root, 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64', name);

describe('CUDA provider', () => {
  test('is not wanted where no NVIDIA GPU is, nor on arm64', () => {
    using scratch = scratchSite();
    expect(cudaProvider.isDone(scratch.site)).toBe(true);
    scratch.write('system/dev/nvidiactl', '');
    expect(cudaProvider.isDone(scratch.site)).toBe(false);
    expect(cudaProvider.isDone({ ...scratch.site, arch: 'arm64' })).toBe(true);
  });

  test('is fetched from the feed and its libraries are put beside ONNX Runtime', async () => {
    using scratch = project(await feed(packageWith(names)));
    expect(cudaProvider.isDone(scratch.site)).toBe(false);
    const progress = quietProgress();
    await cudaProvider.run(scratch.site, progress);
    expect(cudaProvider.isDone(scratch.site)).toBe(true);
    expect(readFileSync(library(scratch, names[0]!), 'latin1')).toContain('ELF the library');
    expect(progress.details.at(-1)).toBe('unpacking');
  });

  test.each([
    ['a package without the library', packageWith(names.slice(1)), /holds no library/],
    ['a package whose library is something else', packageWith(names, '<html>'), /holds no library/],
    ['a package that is no archive', Buffer.from('<html>sign in</html>'), /getting the CUDA provider failed/],
    ['a feed without the package', 404, /answered 404/],
  ])('%s is named, and nothing half is left', async (_name, nupkg, what) => {
    using scratch = project(await feed(nupkg));
    await expect(cudaProvider.run(scratch.site, quietProgress())).rejects.toMatchObject({ name: 'SetupProblem', message: expect.stringMatching(what) });
    expect(names.filter((name) => existsSync(library(scratch, name)))).toEqual([]);
  });

  test('without a network the line is usable all the same, and only `npm run setup` tries again', async () => {
    const gone = await feed(404);
    await new Promise<void>((resolve) => void servers.pop()?.close(() => resolve()));
    using scratch = project(gone);
    const steps = [{ ...cudaProvider, needs: [] }];
    const stream = listening();
    expect(await setUp(scratch.site, { stream, steps })).toBe(true);
    expect(stream.said()).toMatch(/Left out, the line runs without it:\n.*network could not be reached\n.*To mend it: check the connection/);
    expect(missingSteps(scratch.site, { steps })).toEqual([]);
    expect(missingSteps(scratch.site, { steps, retryOptional: true })).toHaveLength(1);
  });
});
