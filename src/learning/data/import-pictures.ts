// A folder of pictures becomes a `raw_data` artifact: every picture looked at, the good ones stored by content, all of it told in
// a run of its own. The folder is not needed afterwards.
import { basename, dirname } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import { MATERIALS } from '../../domain/material.ts';
import { pictureRoot } from '../../image/labelled-pictures.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import { countByMaterial } from './class-balance.ts';
import type { MaterialCounts } from './class-balance.ts';
import { filesOfPictures } from './picture-index.ts';
import type { OnProgress, ScannedFolder } from './scan-folder.ts';
import { scanFolder } from './scan-folder.ts';

export interface ImportRequest {
  readonly dir: string;
  /** Of the artifact; after the folder where absent. */
  readonly name?: string | undefined;
}

export interface Imported extends ScannedFolder {
  readonly artifact: Artifact;
  /** False where the very same pictures were there under this name already. */
  readonly isNew: boolean;
  readonly perMaterial: MaterialCounts;
}

/**
 * Throws DATA_UNREADABLE, DATA_EMPTY (also where a material's folder holds no good picture, so that no material is lost
 * unnoticed), and what storing throws: STORE_REFUSED for the name, STORE_FULL.
 */
export async function importPictures({ dir, name }: ImportRequest, { store, onProgress }: { store: LearningStore; onProgress?: OnProgress | undefined }): Promise<Imported> {
  const artifactName = name ?? nameAfter(pictureRoot(dir));
  const run = store.startRun({ kind: 'import', name: artifactName, config: { dir: pictureRoot(dir) } });
  try {
    const scanned = await scanFolder(dir, onProgress);
    for (const { name: file, reason } of scanned.leftOut) run.say(`left out ${file}: ${reason}`);
    for (const folder of scanned.otherFolders) run.say(`left out folder ${folder}: it names no material`);
    refuseEmptyMaterials(scanned);
    const perMaterial = countByMaterial(scanned.pictures);
    const known = new Set(store.artifacts({ name: artifactName }).map(({ id }) => id));
    const artifact = await store.addArtifact({
      type: 'raw_data', name: artifactName, files: filesOfPictures(scanned.pictures), runId: run.id,
      metadata: { source: scanned.root, pictures: scanned.pictures.length, perMaterial, leftOut: scanned.leftOut.length },
    });
    run.summarise({ artifact: `${artifact.name}:v${artifact.version}`, pictures: scanned.pictures.length, perMaterial, leftOut: scanned.leftOut.length });
    run.end('finished');
    return { ...scanned, artifact, isNew: !known.has(artifact.id), perMaterial };
  } catch (error) {
    run.end('failed', reasonOf(error));
    throw error;
  }
}

function refuseEmptyMaterials({ root, materials, pictures, leftOut }: ScannedFolder): void {
  const empty = materials.filter((material) => !pictures.some((picture) => picture.material === material));
  if (empty.length === 0) return;
  const told = empty.map((material) => {
    const bad = leftOut.filter(({ name }) => name.startsWith(`${material}/`));
    return bad.length === 0 ? `${material} (empty)` : `${material} (${bad.length} left out, such as ${bad[0]!.name}: ${bad[0]!.reason})`;
  });
  throw new SortlineError('DATA_EMPTY', `no usable picture in ${told.join(', ')} of ${root}: put JPEG, PNG or WebP pictures there, or remove the folder`, { context: { dir: root, empty, leftOut } });
}

/** `/data/Trash Net/images` is `Trash-Net`. */
function nameAfter(root: string): string {
  const folder = basename(root) === 'images' ? basename(dirname(root)) : basename(root);
  const name = folder.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, 80);
  return name === '' || (MATERIALS as readonly string[]).includes(name) ? 'pictures' : name;
}
