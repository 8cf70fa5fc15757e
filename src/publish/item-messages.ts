// What is published of an item: its prediction and its outcome, each with the model, recipe and calibration that made it.
// The ledger asks for it as events come, numbers the messages and keeps them in the outbox until the broker has them.
import type { Clock } from '../base/clock.ts';
import type { ItemId } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { OutboxMessage } from '../ledger/outbox-table.ts';
import { recipeDigest } from './digests.ts';
import { createStamp, outcomePayload, predictionPayload } from './payloads.ts';

/** Items between prediction and outcome whose model is remembered; a belt holds far fewer. */
const KEPT_ITEMS = 4096;

/** The messages of one run: give it every event, in order. `calibrationSha256`: of the calibration in use. */
export function createItemMessages(options: { clock: Clock; runId: string; calibrationSha256: string }): (event: LineEvent) => OutboxMessage | undefined {
  const { clock, runId, calibrationSha256 } = options;
  const stamp = createStamp(clock, runId);
  const modelByItem = new Map<ItemId, string>();
  let recipeSha256: string | null = null;
  return (event) => {
    switch (event.kind) {
      case 'recipe.changed':
        recipeSha256 = recipeDigest(event.recipe);
        return undefined;
      case 'item.decided': {
        const { itemId, prediction } = event.decision;
        if (prediction !== undefined) remember(modelByItem, itemId, prediction.modelSha256);
        return { kind: 'prediction', payload: predictionPayload(stamp(event.atNs), { modelSha256: prediction?.modelSha256 ?? null, recipeSha256, calibrationSha256 }, event) };
      }
      case 'item.settled': {
        const modelSha256 = modelByItem.get(event.itemId) ?? null;
        modelByItem.delete(event.itemId);
        return { kind: 'outcome', payload: outcomePayload(stamp(event.atNs), { modelSha256, recipeSha256, calibrationSha256 }, event) };
      }
      default: return undefined;
    }
  };
}

function remember(modelByItem: Map<ItemId, string>, itemId: ItemId, model: string): void {
  modelByItem.set(itemId, model);
  if (modelByItem.size <= KEPT_ITEMS) return;
  const [oldest] = modelByItem.keys();
  modelByItem.delete(oldest!);
}
