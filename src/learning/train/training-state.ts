// Whether a saved state belongs to the network that is to go on with it.
import { SortlineError } from '../../base/errors.ts';
import type { TrainingState } from './training-session.ts';

/**
 * The state's arrays by name of the training graph's input (`<weight>`, `average/<weight>`, `first/<weight>`, `second/<weight>`).
 * `sizes` says which there must be, and how many values each has. Throws TRAIN_CHECKPOINT_INVALID naming the first difference.
 */
export function checkedState(state: TrainingState, sizes: ReadonlyMap<string, number>): Map<string, Float32Array> {
  const given = new Map([...state.weights, ...[...state.averages].map(([name, data]) => [`average/${name}`, data] as const), ...state.moments]);
  for (const [name, size] of sizes) {
    const data = given.get(name);
    if (data?.length !== size) throw invalid(name, data === undefined ? 'is missing' : `has ${data.length} values and the network needs ${size}`);
  }
  for (const name of given.keys()) {
    if (!sizes.has(name)) throw invalid(name, 'belongs to no weight that this run trains');
  }
  return given;
}

function invalid(name: string, problem: string): SortlineError {
  return new SortlineError('TRAIN_CHECKPOINT_INVALID', `the checkpoint is of another network, optimiser or number of trained stages: ${name} ${problem}; go on with the settings it was made with`, { context: { name } });
}
