// A field bundle: all that is needed to see again, elsewhere, what happened on a line - a piece of its recording with configuration (secrets hidden) and
// calibration in it, the versions, a note, and the events of a replay as they were when the bundle was made. A folder with bundles is a test suite.
//
//   BUNDLE/bundle.json   recording.mcap   golden.jsonl
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { hashOf } from '../calibrate/calibration-text.ts';
import type { Comparison } from '../record/compare-events.ts';
import { cutEntries } from '../record/edit-recording.ts';
import { eventText } from '../record/event-file.ts';
import { Recording } from '../record/open-recording.ts';
import { makeWholeFolder } from '../record/whole-folder.ts';
import { writeRecording } from '../record/write-recording.ts';
import { compareWith, readReference } from './replay-against.ts';
import { readReplayInput } from './replay-input.ts';
import { replayRun } from './replay-run.ts';
import { modelFolderFor, recordedConfig, recordedModel } from './replay-setup.ts';

const FORMAT = 1;

export const bundleSchema = z.strictObject({
  format: z.literal(FORMAT),
  note: z.string().describe('What is to be seen here, for people.'),
  from: z.strictObject({ runId: z.string(), site: z.string(), line: z.string(), second: z.number().describe('Of the recording, at which the bundle begins.') }),
  versions: z.strictObject({ sortline: z.string(), node: z.string() }),
  model: z.strictObject({ name: z.string(), sha256: z.string() }).nullable(),
  calibrationHash: z.string(),
  ignore: z.array(z.string()).default([]).describe('Fields that may differ; as `sortline replay --ignore`.'),
  tolerances: z.record(z.string(), z.number()).default({}).describe('Room for numbers; as `sortline replay --tolerance`.'),
});

export type BundleFacts = z.output<typeof bundleSchema>;

export interface BundleRequest {
  readonly recording: Recording;
  readonly fromS: number;
  readonly toS: number;
  readonly note: string;
  /** Folder to make; must not be there. */
  readonly out: string;
  readonly log: Logger;
  /** Folder of the model, where it is not found by its digest. */
  readonly model?: string | undefined;
}

/** Makes the folder, whole or not at all. Throws RECORD_REFUSED, RECORD_WRITE_FAILED and the codes of a model. */
export async function makeFieldBundle({ recording, fromS, toS, note, out, log, model }: BundleRequest): Promise<BundleFacts> {
  return makeWholeFolder(out, `the bundle ${out} cannot be written`, async (folder) => {
    const path = join(folder, 'recording.mcap');
    const { about } = recording;
    await writeRecording(path, about, cutEntries(recording, { fromS, toS }));
    const input = readReplayInput(Recording.open(path));
    const facts: BundleFacts = {
      format: FORMAT, note, from: { runId: about.runId, site: about.site, line: about.line, second: fromS }, versions: { sortline: about.sortlineVersion, node: process.versions.node },
      model: recordedModel(input) ?? null, calibrationHash: hashOf(about.calibration), ignore: [], tolerances: {},
    };
    const { events } = await replayRun({ input, log, model });
    await writeFile(join(folder, 'golden.jsonl'), eventText(events));
    await writeFile(join(folder, 'bundle.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
    return facts;
  });
}

export type BundleVerdict =
  | { readonly result: 'compared'; readonly comparison: Comparison }
  /** The model it was made with is not on this machine. */
  | { readonly result: 'no-model'; readonly reason: string };

/** Replays the bundle and compares with what it holds. Throws RECORD_DAMAGED where its facts are wrong, and the codes of reading a recording. */
export async function checkFieldBundle(folder: string, log: Logger): Promise<BundleVerdict> {
  const facts = readBundle(folder);
  const recording = Recording.open(join(folder, 'recording.mcap'));
  const input = readReplayInput(recording);
  const config = recordedConfig(recording);
  try {
    modelFolderFor(input, config);
  } catch (error) {
    return { result: 'no-model', reason: reasonOf(error) };
  }
  const { events } = await replayRun({ input, log });
  const comparison = compareWith(readReference(join(folder, 'golden.jsonl')), events, { more: facts, countsPerMm: recording.about.calibration.countsPerMm });
  return { result: 'compared', comparison };
}

export function readBundle(folder: string): BundleFacts {
  const path = join(folder, 'bundle.json');
  try {
    return bundleSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? cause.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') : reasonOf(cause);
    throw new SortlineError('RECORD_DAMAGED', `${path} does not describe a field bundle: ${reason}`, { context: { path }, cause });
  }
}
