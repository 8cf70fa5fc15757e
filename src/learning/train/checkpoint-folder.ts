// The folder of one run's checkpoint and best weights. The best weights are written before the checkpoint that names them and the
// older ones removed after it, so that at every moment what the checkpoint names is there.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { writeWhole } from './write-whole.ts';

const CHECKPOINT = 'checkpoint.bin';

export class CheckpointFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Undefined where none was written yet. Throws TRAIN_CHECKPOINT_INVALID. */
  read(): Checkpoint | undefined {
    return existsSync(join(this.path, CHECKPOINT)) ? readCheckpoint(join(this.path, CHECKPOINT)) : undefined;
  }

  /** Throws TRAIN_WRITE_FAILED. */
  write(checkpoint: Checkpoint): void {
    writeCheckpoint(join(this.path, CHECKPOINT), checkpoint);
    const { best } = checkpoint.position;
    for (const name of readdirSync(this.path)) {
      if (name.startsWith('best-') && (best === null || name !== bestName(best.epoch))) rmSync(join(this.path, name), { force: true });
    }
  }

  /** The model of the weights after pass `epoch`. Throws TRAIN_WRITE_FAILED. */
  writeBest(epoch: number, model: Uint8Array): void {
    writeWhole(join(this.path, bestName(epoch)), [model], 'the best weights so far');
  }

  /** Throws TRAIN_CHECKPOINT_INVALID. */
  readBest(epoch: number): Uint8Array {
    const path = join(this.path, bestName(epoch));
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new SortlineError('TRAIN_CHECKPOINT_INVALID', `the best weights ${path} cannot be read: ${reasonOf(cause)}; start the training anew`, { context: { path }, cause });
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function bestName(epoch: number): string {
  return `best-${epoch}.onnx`;
}
