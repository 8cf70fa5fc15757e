// What manifest.json beside a model says: what goes in, what comes out, and where it comes from. The loader trusts nothing
// here that it cannot check against the model file itself.
import { z } from 'zod';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { byMaterial, MATERIALS } from '../domain/material.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits in small letters');
const ratio = z.number().min(0).max(1);

export const modelManifest = z.strictObject({
  labels: z.array(z.string()).min(1).describe('Class names in the order of the output vector; the six materials, in any order.'),
  input: z.strictObject({
    name: z.string().min(1),
    layout: z.literal('NHWC').describe('(batch, height, width, channel).'),
    type: z.literal('uint8').describe('0 to 255; cast, mean and deviation are part of the graph.'),
    channels: z.literal('RGB'),
    height: z.int().min(16).max(2048).describe('px'),
    width: z.int().min(16).max(2048).describe('px'),
    preprocess: z.string().min(1).describe('In words, from photograph to input.'),
  }),
  output: z.strictObject({ name: z.string().min(1).describe('Logits, float32, (batch, labels).') }),
  temperature: z.number().min(0.05).max(20).default(1).describe('Logits are divided by it before the softmax; 1 leaves them.'),
  sha256: sha256Hex.describe('Of model.onnx.'),
  bytes: z.int().min(1).optional().describe('Size of model.onnx; tells a truncated file from another one.'),
  weights: z.enum(['float32', 'float16']).optional().describe('How the weights are stored; inference is in float32 either way.'),
  trainedOn: z.string().min(1).describe('Data set and procedure, in words.'),
  dataSetDigest: sha256Hex.optional().describe('Of the training and validation photographs; `howDigested` says how.'),
  howDigested: z.string().min(1).optional(),
  thresholdByMaterial: z.strictObject(byMaterial(() => ratio.optional()))
    .optional().describe('Confidence thresholds found on the validation list; a recipe may take them over.'),
  purity: z.strictObject({
    target: ratio.describe('Share of right items that each threshold was sought for.'),
    byMaterial: z.partialRecord(z.enum(MATERIALS), z.strictObject({
      threshold: ratio, purity: ratio, recovery: ratio,
      recoveryAtAnyPurity: ratio.describe('Recovery without a threshold: the difference is the price.'),
      taken: z.int().min(0).describe('Pictures taken for the material, of which the purity is a share.'),
    }).nullable()).describe('`null` where no threshold reaches the target.'),
  }).optional().describe('What the thresholds bought and cost on the validation pictures, by which they were found.'),
  training: z.strictObject({
    runId: z.string().min(1), architecture: z.string().min(1), seed: z.int().min(0),
    backbone: z.strictObject({ name: z.string().min(1), sha256: sha256Hex }),
    hyperparameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }).optional().describe('How it was trained: with these, the same version of Sortline and the same data it can be made again.'),
  metrics: z.record(z.string(), z.union([z.number(), z.string()])).describe('Figures with how to reproduce them.'),
  licence: z.string().min(1).optional().describe('SPDX identifiers of weights and data.'),
  source: z.string().min(1).optional().describe('Where the weights come from.'),
});

export type ModelManifest = z.output<typeof modelManifest>;

/**
 * The manifest in `text`; `path` is for the message. Throws MODEL_MANIFEST_INVALID naming every field that is wrong, what
 * was found there and what is allowed.
 */
export function parseManifest(text: string, path: string): ModelManifest {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw new SortlineError('MODEL_MANIFEST_INVALID', `${path} is not JSON (${reasonOf(cause)}): restore it from where the model came from`, { context: { path }, cause });
  }
  const parsed = modelManifest.safeParse(found, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const where = issue.path.length === 0 ? 'the document' : issue.path.join('.');
    return `${where}: ${issue.message}, found ${shown(issue.input)}`;
  });
  throw new SortlineError('MODEL_MANIFEST_INVALID', `${path} does not describe a model Sortline can run: ${problems.join('; ')}`, { context: { path, problems } });
}

/**
 * Where each material stands in the model's output: `order[i]` is the output index of MATERIALS[i]. Throws MODEL_MISMATCH
 * when the labels are not exactly the six materials.
 */
export function labelOrder(manifest: ModelManifest, path: string): readonly number[] {
  const { labels } = manifest;
  const order = MATERIALS.map((material) => labels.indexOf(material));
  if (labels.length !== MATERIALS.length || order.includes(-1)) {
    throw new SortlineError('MODEL_MISMATCH',
      `${path} lists ${labels.length} labels (${labels.join(', ')}), Sortline sorts ${MATERIALS.length} materials (${MATERIALS.join(', ')}): use a model trained on exactly these`,
      { context: { path, found: labels, expected: MATERIALS } });
  }
  return order;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
