// The drawings of the virtual belt that a run trains on and is watched by. They are made once a run; a run that is taken up again
// reads those it made.
import type { Clock } from '../../base/clock.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import type { RenderingsUse } from '../renderings/store-renderings.ts';
import { renderingsOf, storeRenderings } from '../renderings/store-renderings.ts';
import type { Artifact, LearningStore, RunRecorder } from '../store/learning-store.ts';
import type { Hyperparameters } from './hyperparameters.ts';

export interface DrawnPictures {
  readonly train: readonly LabelledPicture[];
  /** Of other items than those in `train`. */
  readonly renderings: readonly LabelledPicture[];
  /** Of both; '' where there are none. */
  readonly digest: string;
}

export interface DrawnDeps {
  readonly store: LearningStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

/** Drawings that are only watched, as a share of those trained on. */
const WATCHED_SHARE = 0.25;
/** Belts that lie this far apart in their seeds have nothing in common, nor with the demo's. */
const SEED_OF_USE = { train: 0x5000_0000, val: 0xa000_0000 } as const;

/** Undefined where `signal` fired on the way. */
export async function drawnPictures(run: RunRecorder, { renderings, seed }: Pick<Hyperparameters, 'renderings' | 'seed'>, deps: DrawnDeps): Promise<DrawnPictures | undefined> {
  if (renderings === 0) return { train: [], renderings: [], digest: '' };
  const train = await drawn(run, { use: 'train', seed, perMaterial: renderings }, deps);
  if (train === undefined) return undefined;
  const watched = await drawn(run, { use: 'val', seed, perMaterial: Math.ceil(renderings * WATCHED_SHARE) }, deps);
  if (watched === undefined) return undefined;
  return { train: renderingsOf(train, deps.store), renderings: renderingsOf(watched, deps.store), digest: `${train.digest} ${watched.digest}` };
}

async function drawn(run: RunRecorder, { use, seed, perMaterial }: { use: RenderingsUse; seed: number; perMaterial: number }, deps: DrawnDeps): Promise<Artifact | undefined> {
  const own = deps.store.inputsOf(run.id).find(({ metadata }) => metadata['renderings'] === use);
  if (own !== undefined) return own;
  const artifact = await storeRenderings({ use, seed: (SEED_OF_USE[use] + seed) >>> 0, perMaterial }, {
    ...deps, runId: run.id,
    onProgress: (done, total) => {
      deps.onProgress(done, total);
      return !deps.signal.aborted;
    },
  });
  if (artifact !== undefined) run.use(artifact);
  return artifact;
}
