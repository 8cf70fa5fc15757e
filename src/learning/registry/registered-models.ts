// Every model of the store and how it stands. The artifacts say what there is, the events what became of it.
import type { Artifact, LearningStore, ModelEvent } from '../store/learning-store.ts';

/** `previous`: the champion before, which the line falls back to. `backbone`: training starts from it; it classifies nothing itself. */
export type ModelState = 'champion' | 'previous' | 'candidate' | 'retired' | 'backbone';

export interface RegisteredModel {
  readonly artifact: Artifact;
  readonly state: ModelState;
  /** What became of it, oldest first. */
  readonly events: readonly ModelEvent[];
}

export const BACKBONE = 'backbone';

/** By name and version. */
export function registeredModels(store: LearningStore): RegisteredModel[] {
  const events = store.modelEvents();
  const { champion, previous } = championsOf(events);
  return store.artifacts({ type: 'model' }).map((artifact) => {
    const own = events.filter((event) => event.artifact.id === artifact.id);
    const state = artifact.metadata.kind === BACKBONE ? 'backbone'
      : artifact.id === champion?.id ? 'champion'
        : own.at(-1)?.kind === 'retired' ? 'retired'
          : artifact.id === previous?.id ? 'previous' : 'candidate';
    return { artifact, state, events: own };
  });
}

export function registeredModel(store: LearningStore, artifact: Artifact): RegisteredModel | undefined {
  return registeredModels(store).find((model) => model.artifact.id === artifact.id);
}

/** The model promoted last, and the one before it unless it was retired since. */
export function championsOf(events: readonly ModelEvent[]): { champion: Artifact | undefined; previous: Artifact | undefined } {
  const promoted = events.filter(({ kind }) => kind === 'promoted').map(({ artifact }) => artifact);
  const champion = promoted.at(-1);
  const previous = promoted.findLast(({ id }) => id !== champion?.id);
  const isRetired = previous !== undefined && events.findLast(({ artifact }) => artifact.id === previous.id)?.kind === 'retired';
  return { champion, previous: isRetired ? undefined : previous };
}
