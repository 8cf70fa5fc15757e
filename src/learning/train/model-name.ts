// What a model may be called in the store, asked before anything is trained: versions of one name are one thing that becomes better.
import { SortlineError } from '../../base/errors.ts';
import { BACKBONE } from '../registry/registered-models.ts';
import type { LearningStore } from '../store/learning-store.ts';
import { parseReference } from '../store/artifact-names.ts';

/** Throws USAGE for a name that artifacts cannot have, or that something else has. */
export function checkModelName(name: string, store: LearningStore): void {
  if (parseReference(name)?.name !== name) throw new SortlineError('USAGE', `'${name}' cannot be the name of models: allowed are up to 100 letters, digits, \`.\`, \`_\` and \`-\`, beginning with a letter or digit; give another with --name`, { context: { name } });
  const other = store.artifacts({ name }).find(({ type, metadata }) => type !== 'model' || metadata['kind'] === BACKBONE);
  if (other === undefined) return;
  throw new SortlineError('USAGE', `'${name}' is the name of ${other.type === 'model' ? 'a backbone' : 'a data set'} in the learning store, so models that are trained cannot have it: give another with --name`, { context: { name } });
}
