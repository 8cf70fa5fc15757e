// The sums behind a truth report: how many items of each material landed in each bin, how the line says they ended, how
// many it named rightly. The recipe comes in only when purity is asked for, so one set of sums answers for any recipe.
import type { Ratio } from '../base/units.ts';
import type { BinId, Outcome } from '../domain/decision.ts';
import { OUTCOMES, RESIDUE } from '../domain/decision.ts';
import type { Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import { byMaterial, MATERIALS } from '../domain/material.ts';

export interface BinTruth {
  /** Items that landed in it. */
  items: number;
  /** Share of those whose material the recipe sends here; null where none landed. */
  purity: Ratio | null;
  /** Share of all items of those materials that landed here; null where there were none. */
  recovery: Ratio | null;
}

export class TruthTotals {
  items = 0;
  classified = 0;
  correct = 0;
  unseen = 0;
  phantoms = 0;
  readonly outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  readonly #countByBin = new Map<BinId, Record<Material, number>>();

  copy(): TruthTotals {
    const copy = new TruthTotals();
    Object.assign(copy, this, { outcomes: { ...this.outcomes } });
    for (const [bin, counts] of this.#countByBin) copy.#countByBin.set(bin, { ...counts });
    return copy;
  }

  /** An item that landed, and what the line says of it; undefined where the line never saw it. */
  add(ended: { material: Material; bin: BinId; item: { outcome: Outcome | undefined; material: Material | undefined } | undefined }): void {
    const { material, bin, item } = ended;
    this.items++;
    this.#countsOf(bin)[material]++;
    this.outcomes[item?.outcome ?? 'lost']++;
    if (item === undefined) this.unseen++;
    if (item?.material === undefined) return;
    this.classified++;
    if (item.material === material) this.correct++;
  }

  bins(recipe: Recipe): Record<BinId, BinTruth> {
    const ids = new Set([...Object.values(recipe.binByMaterial), ...this.#countByBin.keys(), RESIDUE]);
    return Object.fromEntries([...ids].sort().map((bin) => [bin, this.#truthOf(bin, recipe)]));
  }

  #truthOf(bin: BinId, recipe: Recipe): BinTruth {
    const here = this.#countsOf(bin);
    let items = 0, right = 0, wanted = 0;
    for (const material of MATERIALS) {
      items += here[material];
      if (recipe.binByMaterial[material] !== bin) continue;
      right += here[material];
      for (const counts of this.#countByBin.values()) wanted += counts[material];
    }
    return { items, purity: items === 0 ? null : right / items, recovery: wanted === 0 ? null : right / wanted };
  }

  #countsOf(bin: BinId): Record<Material, number> {
    let counts = this.#countByBin.get(bin);
    if (counts === undefined) {
      counts = byMaterial(() => 0);
      this.#countByBin.set(bin, counts);
    }
    return counts;
  }
}
