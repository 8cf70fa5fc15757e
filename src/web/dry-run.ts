// What another recipe would have done with the last items: each is decided again by its own vote, under the recipe in force and
// under the proposed one, with every bin empty and the line running. Neighbours on the belt are not looked at again.
import type { DecideOptions } from '../decide/options.ts';
import { decideBin } from '../decide/decide-bin.ts';
import type { BinId, Prediction } from '../domain/decision.ts';
import type { Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';

/** What a decision rested on. */
export interface RecentDecision {
  readonly prediction: Prediction;
  /** Of each of its looks. */
  readonly lookMaterials: readonly Material[];
}

export interface DryRun {
  /** Items looked at again. */
  readonly items: number;
  readonly changed: number;
  /** How many would have gone where instead, most first. */
  readonly moves: readonly { readonly material: Material; readonly from: BinId; readonly to: BinId; readonly items: number }[];
}

export function dryRun(recent: readonly RecentDecision[], options: { current: Recipe; proposed: Recipe; bins: ReadonlyMap<BinId, { readonly enabled: boolean }>; margin: DecideOptions['margin'] }): DryRun {
  const { current, proposed, bins, margin } = options;
  const empty = new Map([...bins].map(([id, { enabled }]) => [id, { enabled, full: false }]));
  const decide = ({ prediction, lookMaterials }: RecentDecision, recipe: Recipe): BinId =>
    decideBin({ prediction, looks: lookMaterials.map((material) => ({ material })), recipe, bins: empty, running: true, options: { margin } }).bin;
  const moves = new Map<string, { material: Material; from: BinId; to: BinId; items: number }>();
  for (const decision of recent) {
    const from = decide(decision, current), to = decide(decision, proposed);
    if (from === to) continue;
    const { material } = decision.prediction;
    const key = `${material} ${from} ${to}`;
    const move = moves.get(key) ?? { material, from, to, items: 0 };
    move.items++;
    moves.set(key, move);
  }
  const sorted = [...moves.values()].sort((a, b) => b.items - a.items || (a.material < b.material ? -1 : 1));
  return { items: recent.length, changed: sorted.reduce((sum, { items }) => sum + items, 0), moves: sorted };
}
