// The stages of a residual network and the names of its weights: `stem.weight`, `layer2.0.conv1.bias`, `layer3.0.downsample.weight`,
// `head.weight`. A weight belongs to the stage that its name begins with.

/** Input first; learning rates by stage are in this order. */
export const STAGES = ['stem', 'layer1', 'layer2', 'layer3', 'layer4', 'head'] as const;
export type Stage = (typeof STAGES)[number];

/** Index in STAGES of the stage that a weight belongs to. */
export function stageOf(weight: string): number {
  const index = STAGES.indexOf(weight.split('.')[0] as Stage);
  if (index < 0) throw new RangeError(`${weight} is the name of no weight of a residual network`);
  return index;
}

/** Whether a weight is trained when the last `trainable` stages of the backbone are (0 to 5); the head always is. */
export function isTrained(weight: string, trainable: number): boolean {
  return stageOf(weight) >= STAGES.length - 1 - trainable;
}
