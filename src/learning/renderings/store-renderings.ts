// Renderings as a data set of the learning store, so that what a model learned from can be looked at and traced. The same
// drawings are the same version.
import type { Clock } from '../../base/clock.ts';
import { MATERIALS } from '../../domain/material.ts';
import { encodePng } from '../../image/decode.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import { byName } from '../../image/labelled-pictures.ts';
import { cv, MatScope } from '../../image/opencv.ts';
import { isMaterial } from '../../domain/material.ts';
import { CENTRE_PX } from '../../vision/preprocess.ts';
import type { Artifact, LearningStore, NewArtifact } from '../store/learning-store.ts';
import { renderPictures } from './render-pictures.ts';

/** What the drawings are for; kept in the artifact's metadata as `renderings`. */
export type RenderingsUse = 'train' | 'val';

export interface RenderingsRequest {
  readonly use: RenderingsUse;
  readonly seed: number;
  readonly perMaterial: number;
}

export interface RenderingsDeps {
  readonly store: LearningStore;
  readonly clock: Clock;
  /** The run that makes them, where it does. */
  readonly runId: string;
  /** False stops on the way. */
  onProgress(done: number, total: number): boolean;
}

/** Draws and stores; undefined where it was stopped. Throws what storing throws. */
export async function storeRenderings({ use, seed, perMaterial }: RenderingsRequest, deps: RenderingsDeps): Promise<Artifact | undefined> {
  const files: { path: string; content: Uint8Array }[] = [];
  for await (const { material, item, look, pixels } of renderPictures({ seed, perMaterial, clock: deps.clock })) {
    files.push({ path: `${material}/drawn-${seed}-${item}-${look}.png`, content: pngOf(pixels) });
    if (!deps.onProgress(files.length, perMaterial * MATERIALS.length)) return undefined;
  }
  const artifact: NewArtifact = { type: 'raw_data', name: `virtual-belt-${use}`, files, metadata: { renderings: use, seed, perMaterial, source: 'drawn by the virtual belt' }, runId: deps.runId };
  return deps.store.addArtifact(artifact);
}

/** The pictures of an artifact of renderings, ordered by name. */
export function renderingsOf(artifact: Artifact, store: LearningStore): LabelledPicture[] {
  return store.filesOf(artifact).flatMap((file): LabelledPicture[] => {
    const material = file.path.split('/')[0];
    return isMaterial(material) ? [{ file: store.pathOf(file), name: file.path, material }] : [];
  }).sort(byName);
}

/** `pixels` (256, 256, 3) uint8 RGB; without loss, for the line loses nothing either. */
function pngOf(pixels: Uint8Array): Uint8Array {
  using scope = new MatScope();
  const rgb = scope.own(new cv.Mat(Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength), CENTRE_PX, CENTRE_PX, cv.CV_8UC3));
  return encodePng(scope.own(rgb.cvtColor(cv.COLOR_RGB2BGR)));
}
