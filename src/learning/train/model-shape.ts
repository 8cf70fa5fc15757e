// What the models of this trainer take.
import type { CropShape } from '../../classify/classifier.ts';

export const MODEL_SHAPE: CropShape = { height: 224, width: 224 };
