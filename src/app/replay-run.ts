// One replay from the command line or a test: which configuration and model, then the run, its events and what they sum up to.
import type { Logger } from '../base/logger.ts';
import { openClassifier } from '../classify/open-classifier.ts';
import { withOneSession } from '../classify/options.ts';
import type { Config } from '../config/schema.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { ReplayInput } from './replay-input.ts';
import { replayLine } from './replay-line.ts';
import { modelFolderFor, recordedConfig } from './replay-setup.ts';
import type { ReplaySummary } from './replay-summary.ts';
import { summarise } from './replay-summary.ts';

export interface ReplayRequest {
  readonly input: ReplayInput;
  readonly log: Logger;
  /** Another than the recorded one; camera, calibration and board stay the recording's. */
  readonly config?: Config | undefined;
  /** Folder of another model than the recorded one. */
  readonly model?: string | undefined;
}

export interface ReplayResult {
  readonly events: readonly LineEvent[];
  readonly summary: ReplaySummary;
  /** Folder of the model that looked. */
  readonly model: string;
  readonly virtualSeconds: number;
}

/** Throws RECORD_REFUSED where configuration or model cannot be had, and the codes of a model. */
export async function replayRun({ input, log, config: other, model: otherModel }: ReplayRequest): Promise<ReplayResult> {
  const config = other ?? recordedConfig(input.recording);
  const model = otherModel ?? (other === undefined ? modelFolderFor(input, config) : other.classifier.model);
  // On the CPU, the same on every machine: a GPU adds up in another order.
  const classifier = await openClassifier({ ...withOneSession(config.classifier), model, providers: ['cpu'], require: undefined }, log);
  const events: LineEvent[] = [];
  try {
    const virtualSeconds = await replayLine({ input, config, classifier, log, sink: (event) => events.push(event), withoutRecipes: other !== undefined });
    const { countsPerMm } = input.recording.about.calibration;
    return { events, model, virtualSeconds, summary: summarise(events, { labels: input.labels, countsPerMm }) };
  } finally {
    await classifier.close();
  }
}
