// @ts-check
// ONNX Runtime's CUDA provider, only where an NVIDIA GPU is present: too large for the npm registry, it comes from NuGet.
// Optional: without it the line runs on the CPU provider, and says so. CUDA 12 and cuDNN 9 themselves are NVIDIA's.
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { problemFrom, SetupProblem } from './problem.js';
import { isOnPath } from './site.js';

const ELF_MAGIC = '\x7fELF';

/** @type {import('./set-up.js').Step} */
export const cudaProvider = {
  name: 'cuda-provider',
  title: "ONNX Runtime's CUDA provider",
  needs: ['npm-packages'],
  optional: true,
  isDone: (site) => !hasNvidiaGpu(site) || site.arch !== 'x64' || providerFiles(site).every(({ target }) => existsSync(target)),

  async run(site, progress) {
    const { name, versions } = install(site).metadata.packages['nuget:linux/x64:cuda12'];
    const mend = 'the line runs on the CPU meanwhile; `npm run setup` tries again once the network allows it';
    const index = site.env.SORTLINE_NUGET_INDEX ?? install(site).metadata.feeds[versions[0].feed].index;
    const scratch = join(site.own, 'cuda-provider.partial');
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    try {
      const archive = join(scratch, 'package.nupkg');
      await download(await packageUrl(index, name, versions[0].version), archive, progress);
      progress.detail('unpacking');
      unpack(site, archive, scratch);
    } catch (error) {
      if (error instanceof SetupProblem) throw error;
      const { message, cause } = /** @type {Error & { cause?: { code?: string, message?: string } }} */ (error);
      const reason = [message, cause?.message, cause?.code].filter(Boolean).join(': ');
      throw problemFrom('getting the CUDA provider', { command: `GET ${index}`, code: reason, tail: [reason] }, mend);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
    return `${versions[0].version}; it needs NVIDIA's CUDA 12 and cuDNN 9 libraries`;
  },
};

/** Looks without starting anything: this is asked at every start. @param {import('./site.js').Site} site */
function hasNvidiaGpu(site) {
  return existsSync(join(site.systemRoot, 'proc/driver/nvidia/version')) || existsSync(join(site.systemRoot, 'dev/nvidiactl')) || isOnPath(site, 'nvidia-smi');
}

/** What onnxruntime-node's own install script knows: package, version, feed and files. @param {import('./site.js').Site} site */
function install(site) {
  const folder = join(site.root, 'node_modules', 'onnxruntime-node');
  return { folder, metadata: createRequire(import.meta.url)(join(folder, 'script', 'install-metadata.js')) };
}

/** @param {import('./site.js').Site} site @returns {{ target: string, inPackage: string }[]} */
function providerFiles(site) {
  if (!existsSync(join(site.root, 'node_modules', 'onnxruntime-node', 'script', 'install-metadata.js'))) return [{ target: '/nonexistent', inPackage: '' }];
  const { folder, metadata } = install(site);
  const files = /** @type {[string, { path: string }][]} */ (Object.entries(metadata.manifests['linux/x64:cuda12']));
  return files.map(([name, { path }]) => ({ target: join(folder, 'bin', 'napi-v6', 'linux', 'x64', name), inPackage: path }));
}

/** Follows NuGet's service index to the address of one package. @param {string} index @param {string} name @param {string} version */
async function packageUrl(index, name, version) {
  const { resources } = /** @type {any} */ (await (await fetched(index)).json());
  const base = resources.find((/** @type {any} */ entry) => entry['@type'] === 'PackageBaseAddress/3.0.0')?.['@id'];
  if (base === undefined) throw new SetupProblem(`${index} names no address for packages`, 'check SORTLINE_NUGET_INDEX, if it is set');
  const id = name.toLowerCase();
  return `${base}${id}/${version}/${id}.${version}.nupkg`;
}

/** @param {string} url @param {string} file @param {import('./progress.js').StepProgress} progress */
async function download(url, file, progress) {
  const response = await fetched(url);
  const totalMb = Math.round(Number(response.headers.get('content-length') ?? 0) / 1e6);
  let gotBytes = 0;
  const body = Readable.fromWeb(/** @type {any} */ (response.body));
  body.on('data', (chunk) => progress.detail(`${Math.round((gotBytes += chunk.length) / 1e6)} of ${totalMb || '?'} MB`));
  await pipeline(body, createWriteStream(file));
}

/** @param {string} url */
async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new SetupProblem(`${url} answered ${response.status}`, 'the line runs on the CPU meanwhile; `npm run setup` tries again');
  return response;
}

/** Files appear under their names only once all are whole. @param {import('./site.js').Site} site @param {string} archive @param {string} scratch */
function unpack(site, archive, scratch) {
  const AdmZip = createRequire(join(site.root, 'node_modules', 'onnxruntime-node', 'package.json'))('adm-zip');
  const zip = new AdmZip(archive);
  const ready = providerFiles(site).map(({ target, inPackage }, index) => {
    const content = /** @type {Buffer | null} */ (zip.getEntry(inPackage)?.getData() ?? null);
    if (content === null || content.toString('latin1', 0, 4) !== ELF_MAGIC) throw new SetupProblem(`the CUDA package holds no library ${inPackage}`, 'the line runs on the CPU meanwhile');
    const aside = join(scratch, `${index}.so`);
    writeFileSync(aside, content);
    return { aside, target };
  });
  for (const { aside, target } of ready) renameSync(aside, target);
}
