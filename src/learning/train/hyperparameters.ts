// What a training run is told, one schema: defaults, then a YAML file, then flags. Names are those of the recipe files and of
// sweeps, so they are written as there: small letters with underscores.
import { z } from 'zod';

export const ARCHITECTURES = ['resnet18', 'resnet34', 'resnet50', 'resnet50-modnet'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

const share = z.number().min(0).max(1);

export const hyperparameters = z.strictObject({
  architecture: z.enum(ARCHITECTURES).default('resnet18').describe('Network to train. `resnet50-modnet` is ResNet-50 with ReLU, dropout, a fully connected layer and log-softmax in place of the last layer.'),
  mode: z.enum(['head', 'fine-tune']).default('head').describe('`head` trains a classifier on features of the frozen backbone, in seconds; `fine-tune` sends gradients through the backbone.'),
  seed: z.int().min(0).max(0xffff_ffff).default(1).describe('Everything random follows from it.'),

  train_ratio: share.default(0.6).describe('Share of the pictures to train on, where no fixed lists are given.'),
  val_ratio: share.default(0.2).describe('Share of the pictures to select by.'),
  test_ratio: share.default(0.2).describe('Share of the pictures kept for the end. The three add up to 1.'),

  batch_size: z.int().min(1).max(512).default(32).describe('Pictures a step, count.'),
  train_size: z.int().min(32).max(512).multipleOf(16).default(224).describe('In `fine-tune`: edge of the pictures trained on, px. Smaller is faster, but things should seem as large as they do to the line: random crops down to a tenth of the picture show them larger, which 176 makes up for (Touvron et al., 2019), and those of a well filled picture (transform_crop from 0.5 on) do not.'),
  epoch_qty: z.int().min(1).max(10_000).default(20).describe('Passes over the training pictures, count.'),
  learn_rate: z.number().min(1e-8).max(10).default(0.001).describe('Highest learning rate of the schedule, for the last layer.'),
  schedule: z.enum(['cosine', 'constant']).default('cosine').describe('How the rate falls after the warm-up: to nothing along a cosine, or not at all.'),
  warmup_epochs: z.number().min(0).max(1000).default(1).describe('Epochs over which the rate rises from nothing; may be a fraction.'),
  optimiser: z.enum(['adamw', 'sgd']).default('adamw').describe('AdamW (Loshchilov and Hutter, 2019), or stochastic gradient descent with momentum 0.9.'),
  relative_steps: z.boolean().default(true).describe('In `fine-tune`: a step changes each output channel in proportion to the size it began with. Networks whose batch normalisation is folded need it, for their channels differ in size by orders of magnitude.'),
  weight_decay: z.number().min(0).max(1).default(0.01).describe('Pull of the weights towards zero, times the rate; biases are left alone.'),
  layer_decay: z.number().min(0.01).max(1).default(0.7).describe('Each stage towards the input learns at this share of the rate of the stage after it; 1 is one rate for all.'),
  trainable: z.int().min(0).max(5).default(5).describe('Stages of the backbone that are trained in `fine-tune`, from the last one: 1 is layer 4, 5 is everything, stem included.'),
  clip_norm: z.number().min(0).max(1e6).default(1).describe('Largest norm of the whole gradient; above it the step is scaled down. 0 never does.'),
  ema_decay: z.number().min(0).max(0.99999).default(0.99).describe('Memory of the moving average of the weights, which is what is evaluated and kept; 0 keeps the weights themselves.'),
  linear_start: z.boolean().default(true).describe('In `fine-tune`: the new last layer is first trained alone, on the backbone as it came, so that its random values do not spoil the backbone (Kumar et al., 2022).'),
  dropout: z.number().min(0).max(0.9).default(0).describe('Share of the features dropped before the last layer while training.'),
  label_smoothing: z.number().min(0).max(0.5).default(0.05).describe('Share of each label spread over all materials.'),
  mixup: z.number().min(0).max(5).default(0).describe('Alpha of mixup (Zhang et al., 2018): pairs of pictures are blended; 0 is off.'),
  teacher_share: share.default(0.5).describe('With a teacher (`--teacher`): share of each label that is what the teacher says of the picture.'),
  class_weights: z.enum(['none', 'balanced']).default('none').describe('`balanced` weighs each material by the inverse of how often it occurs.'),

  transform_horz: z.boolean().default(true).describe('Mirror at random, left to right.'),
  transform_vert: z.boolean().default(true).describe('Mirror at random, top to bottom.'),
  transform_rot30: z.number().min(0).max(180).default(30).describe('Turn at random by up to this, degrees either way; 0 is off.'),
  transform_crop: z.number().min(0).max(1).default(0.6).describe('Random resized crop: the smallest share of the picture\'s area that is kept; 0 or 1 is off.'),
  transform_colour: z.number().min(0).max(1).default(0.2).describe('Strength of random changes of brightness, contrast, saturation and hue; 0 is off.'),
  transform_blur: z.number().min(0).max(10).default(0).describe('Largest sigma of a random Gaussian blur, px of the model\'s input; 0 is off.'),
  transform_noise: z.number().min(0).max(100).default(0).describe('Largest standard deviation of random noise, grey levels; 0 is off.'),
  transform_erase: z.number().min(0).max(1).default(0).describe('Share of the pictures in which a random rectangle is erased (Zhong et al., 2020).'),

  classifier: z.enum(['linear', 'kernel']).default('linear').describe('In `head`: `linear` weighs the features; `kernel` compares a picture with all that were trained on, at most 8192 samples. It is the better one while a line has some thousand pictures, and sure of nothing that is unlike them. It goes by `weight_decay` (how far it may miss a picture to stay smooth), `batch_size` and `epoch_qty` (128 and 12 do), and needs no rates.'),
  copies: z.int().min(1).max(100).default(2).describe('In `head`: copies of each training picture whose features are computed once; the first is the picture itself, the others are augmented.'),
  renderings: z.int().min(0).max(10_000).default(0).describe('Drawings of the virtual belt of each material that are added to the training pictures, count. Others, a quarter as many, are judged as `val/renderings_accuracy`, which selects nothing.'),
  purity: share.default(0.98).describe('Purity that the confidence threshold of each material is found for.'),
});

export type Hyperparameters = z.output<typeof hyperparameters>;

/** Some of them, as a recipe file gives them: what is absent is left to its default. */
export const recipe = z.strictObject(Object.fromEntries(Object.entries(hyperparameters.shape).map(([name, field]) => [name, field.unwrap().optional()])) as {
  [Name in keyof typeof hyperparameters.shape]: z.ZodOptional<ReturnType<(typeof hyperparameters.shape)[Name]['unwrap']>>;
});

export type Recipe = z.output<typeof recipe>;
