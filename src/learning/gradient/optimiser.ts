// What a step makes of the gradients: the norm of all of them, clipping, AdamW or momentum, and the moving average of the weights.
// Numbers that are the same for every weight come in as scalars, computed in float64 by step-scalars.ts.
//
// Each line below is one pass over memory for each weight, which is what this part costs: constants are folded together.
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import { int } from '../../onnx/onnx-graph.ts';
import type { OptimiserKind } from './step-scalars.ts';
import { MOMENTS } from './step-scalars.ts';

/** Values of one weight before the step; `second` is read by AdamW alone. */
export interface WeightValues {
  readonly weight: string;
  readonly gradient: string;
  readonly average: string;
  readonly first: string;
  readonly second: string;
  /** Scalars: this weight's rate, and what is left of it after weight decay. */
  readonly rate: string;
  readonly keep: string;
}

/** Names for the values after the step. */
export interface NewNames {
  readonly weight: string;
  readonly average: string;
  readonly first: string;
  readonly second: string;
}

/** Names of the norm of all `gradients` together, and of the factor that brings it down to `limit`, both scalars. */
export function addClipping(builder: GraphBuilder, gradients: readonly string[], limit: string): { norm: string; factor: string } {
  builder.within('clip/');
  const squares = gradients.map((gradient) => builder.add('ReduceSumSquare', [gradient], { keepdims: int(0) }));
  const norm = builder.add('Sqrt', [squares.reduce((sum, square) => builder.add('Add', [sum, square]))]);
  const ratio = builder.add('Div', [limit, builder.add('Add', [norm, builder.scalar(1e-12)])]);
  return { norm, factor: builder.add('Min', [ratio, builder.scalar(1)]) };
}

/** Scalars of a step that every weight shares, computed once. */
export interface SharedScalars {
  /** Clipping factor times what the optimiser takes of the gradient, and of its square. */
  readonly firstShare: string;
  readonly secondShare: string;
  readonly epsilon: string;
  readonly emaKeep: string;
  readonly emaShare: string;
}

export function addSharedScalars(builder: GraphBuilder, kind: OptimiserKind, factor: string, inputs: { epsilon: string; emaDecay: string }): SharedScalars {
  builder.within('optimiser/');
  const share = kind === 'adamw' ? 1 - MOMENTS.first : 1;
  return {
    firstShare: builder.add('Mul', [factor, builder.scalar(share)]),
    secondShare: builder.add('Mul', [builder.add('Mul', [factor, factor]), builder.scalar(1 - MOMENTS.second)]),
    epsilon: inputs.epsilon, emaKeep: inputs.emaDecay, emaShare: builder.add('Sub', [builder.scalar(1), inputs.emaDecay]),
  };
}

/** AdamW: Loshchilov and Hutter, 2019, with the bias corrections moved into `rate` and `epsilon`. SGD: momentum, decoupled decay. */
export function addUpdate(builder: GraphBuilder, kind: OptimiserKind, shared: SharedScalars, values: WeightValues, names: NewNames): void {
  const mul = (first: string, second: string): string => builder.add('Mul', [first, second]);
  builder.within(`optimiser/${values.weight}/`);
  const first = builder.add('Add', [mul(values.first, builder.scalar(MOMENTS.first)), mul(values.gradient, shared.firstShare)], {}, names.first);
  const direction = kind === 'sgd' ? first : ((): string => {
    const square = mul(mul(values.gradient, values.gradient), shared.secondShare);
    const second = builder.add('Add', [mul(values.second, builder.scalar(MOMENTS.second)), square], {}, names.second);
    return builder.add('Div', [first, builder.add('Add', [builder.add('Sqrt', [second]), shared.epsilon])]);
  })();
  const weight = builder.add('Sub', [mul(values.weight, values.keep), mul(direction, values.rate)], {}, names.weight);
  builder.add('Add', [mul(values.average, shared.emaKeep), mul(weight, shared.emaShare)], {}, names.average);
}
