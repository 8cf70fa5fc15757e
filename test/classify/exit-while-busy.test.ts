// No exit may tear the inference thread down inside ONNX Runtime: the add-on would abort the process.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tinyFolder } from './tiny-model.ts';

const CHILD = fileURLToPath(new URL('exit-child.ts', import.meta.url));
/** Large enough that a batch takes many times longer than a turn of the event loop. */
const SIDE = 1024;

function endedChild(moment: string): Promise<{ code: unknown; signal: unknown; stdout: string; stderr: string }> {
  const model = join(tinyFolder({ shape: { height: SIDE, width: SIDE } }), 'model.onnx');
  return new Promise((resolve) => {
    execFile(process.execPath, [CHILD, model, String(SIDE), moment], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, signal: error?.signal ?? null, stdout, stderr }));
  });
}

describe('a process that exits', () => {
  it.each(['loading', 'queued', 'running'])('ends clean while its inference thread is %s', async (moment) => {
    expect(await endedChild(moment)).toEqual({ code: 0, signal: null, stdout: 'busy\n', stderr: '' });
  });

  it('tells an error that nobody caught, and nothing else', async () => {
    const { code, signal, stderr } = await endedChild('error');
    expect([code, signal]).toEqual([1, null]);
    expect(stderr).toContain('on purpose');
    expect(stderr).not.toContain('terminate called');
  });
});
