// Items that never were, for measuring what a day of them costs: the events of one item's whole life, as the line tells them.
import type { Random } from '../base/random.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { BinId, ItemId, Outcome, OutcomeCause } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { BeltPosition } from '../domain/item.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { MATERIALS } from '../domain/material.ts';

/** How items end, with their shares. */
const ENDINGS: readonly (readonly [share: number, outcome: Outcome, cause: OutcomeCause])[] = [
  [0.8, 'sorted', 'fired'], [0.08, 'passed', 'residue-policy'], [0.06, 'rejected', 'low-confidence'], [0.03, 'inhibited', 'neighbour'],
  [0.015, 'missed', 'too-late'], [0.01, 'rejected', 'conflicting-looks'], [0.005, 'lost', 'no-report'],
];
const MODEL_SHA256 = '5f0c1c0f6b7e2a3d4c5b6a79880706152433425160f0e1d2c3b4a59687786950';

/** From first sight at `atNs` to the outcome, in order; two looks on average, as the shipped model needs. */
export function inventedItem(itemId: ItemId, atNs: MonotonicNs, random: Random): LineEvent[] {
  const material = random.pick(MATERIALS);
  const ending = endingOf(random.next());
  const [, outcome, cause] = ending;
  const bin: BinId = outcome === 'sorted' || outcome === 'missed' || outcome === 'lost' ? material : RESIDUE;
  const position: BeltPosition = { positionCounts: atNs / 1e5, yMm: random.between(50, 450), lengthMm: random.between(40, 160), widthMm: random.between(40, 120) };
  const confidence = random.between(outcome === 'rejected' ? 0.3 : 0.75, outcome === 'rejected' ? 0.6 : 1);
  const probabilities = MATERIALS.map((each) => (each === material ? confidence : (1 - confidence) / (MATERIALS.length - 1)));
  const boxPx = { x: random.integer(0, 1100), y: random.integer(0, 600), width: 120, height: 90 };
  const frameSequence = Math.round(atNs / 33e6);
  const events: LineEvent[] = [{ kind: 'item.seen', atNs, itemId, sighting: { trackId: 1, frameSequence, capturedAtNs: atNs, boxPx, position } }];
  const lookCount = random.integer(1, 3);
  for (let k = 1; k <= lookCount; k++) {
    const capturedAtNs = atNs + k * 33 * NS_PER_MS;
    events.push({ kind: 'item.look', atNs: capturedAtNs, itemId, look: { trackId: 1, frameSequence: frameSequence + k, capturedAtNs, boxPx, position, probabilities, material, confidence, inferenceMs: 22, waitedMs: 1, modelSha256: MODEL_SHA256 } });
  }
  const decidedAtNs = atNs + 150 * NS_PER_MS;
  const reason = outcome === 'sorted' || outcome === 'missed' || outcome === 'lost' ? 'recipe' : cause as 'residue-policy';
  events.push({ kind: 'item.decided', atNs: decidedAtNs, decision: { itemId, bin, reason, position, decidedAtNs, prediction: { material, confidence, probabilities, lookCount, modelSha256: MODEL_SHA256 } } });
  const fireAtCounts = Math.round(position.positionCounts + 12_000);
  if (bin !== RESIDUE && outcome !== 'missed') events.push({ kind: 'item.commanded', atNs: decidedAtNs, itemId, command: { commandId: 1 + frameSequence % 65_535, output: MATERIALS.indexOf(material), fireAtCounts, holdMs: 24 } });
  const hasFired = outcome === 'sorted';
  events.push({ kind: 'item.settled', atNs: atNs + 2500 * NS_PER_MS, itemId, bin, outcome, cause, material, confidence, firedAtCounts: hasFired ? fireAtCounts : undefined, countError: hasFired ? 0 : undefined });
  return events;
}

function endingOf(draw: number): (typeof ENDINGS)[number] {
  let sum = 0;
  return ENDINGS.find(([share]) => (sum += share) > draw) ?? ENDINGS[0]!;
}
