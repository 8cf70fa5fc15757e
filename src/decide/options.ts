// What a person sets about decisions: the recipe (material to bin), how sure the vote must be, and which bins there are.
import { z } from 'zod';
import { RESIDUE } from '../domain/decision.ts';
import type { Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import { byMaterial } from '../domain/material.ts';

const ratio = z.number().min(0).max(1);
const binId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a bin id is 1 to 32 small letters, digits and dashes, such as `metal` or `bin-3`');

const defaultBinByMaterial: Readonly<Record<Material, string>> = {
  cardboard: 'cardboard', glass: 'glass', metal: 'metal', paper: 'paper', plastic: 'plastic', trash: RESIDUE,
};

/** `{ cardboard: make('cardboard'), … }`, so that every material is a key of its own with its own position in the file. */

export const recipeOptions = z.strictObject({
  name: z.string().min(1).max(64).default('default').describe('Name of the recipe, shown in logs and on MQTT.'),
  bins: z.strictObject(byMaterial((material) => binId.default(defaultBinByMaterial[material])
    .describe(`Bin for ${material}; \`${RESIDUE}\` lets it pass.`)))
    .prefault({}).describe('Material to bin.'),
  thresholds: z.strictObject({
    default: ratio.default(0.6).describe('Confidence an item needs to be sorted at all, 0 to 1. Below it goes to the residue as `low-confidence`.'),
    perMaterial: z.strictObject(byMaterial((material) => ratio.optional().describe(`Confidence that ${material} needs, 0 to 1; the default threshold where absent.`)))
      .prefault({}).describe('Thresholds of single materials, where purity matters more or less than the default.'),
  }).prefault({}).describe('How sure the vote must be.'),
});

export const binOptions = z.strictObject({
  id: binId.refine((id) => id !== RESIDUE, `\`${RESIDUE}\` is the stream no actuator touches and needs no entry`).describe('Name of the bin, used by the recipe, the actuators and MQTT.'),
  enabled: z.boolean().default(true).describe('Whether the bin may be used; items for a disabled bin go to the residue.'),
  targetPurity: ratio.optional().describe('Share of the bin that should belong there, 0 to 1; shown beside what is measured.'),
  targetRecovery: ratio.optional().describe('Share of what belongs there that should get there, 0 to 1; shown beside what is measured.'),
});

export const decideOptions = z.strictObject({
  minLooks: z.int().min(1).max(100).default(1).describe('Looks an item needs before it may be decided early, count.'),
  maxLooks: z.int().min(1).max(100).default(3).describe('Looks after which an item is decided whatever the vote says, count.'),
  enoughConfidence: ratio.default(0.9).describe('Vote confidence at which, from `minLooks` on, no further look is waited for, 0 to 1.'),
  margin: ratio.default(0.2).describe('Lead of the first material over the second that is asked where looks disagree, 0 to 1. Below it the item is `conflicting-looks`.'),
});

export type RecipeOptions = z.output<typeof recipeOptions>;
export type BinOptions = z.output<typeof binOptions>;
export type DecideOptions = z.output<typeof decideOptions>;

/** The recipe as the line uses it: one bin and one threshold per material. */
export function recipeOf(options: RecipeOptions): Recipe {
  const { thresholds } = options;
  return {
    name: options.name,
    binByMaterial: options.bins,
    thresholdByMaterial: byMaterial((material) => thresholds.perMaterial[material] ?? thresholds.default),
  };
}
