// Where an artifact comes from and what became of it: runs and artifacts in turn, from the oldest ancestor to the last
// descendant. Relatives by marriage are left out: of an ancestor only what led here is followed, of a descendant only what it led to.
import type { Artifact, LearningStore, Run } from '../store/learning-store.ts';

export interface LineageNode {
  /** Unlike any other in the graph. */
  readonly id: string;
  readonly kind: 'artifact' | 'run';
  /** `trashnet:v3`, or the name of the run. */
  readonly title: string;
  /** `model, champion`, or `train, finished`. */
  readonly detail: string;
  /** ISO 8601, when it was made or began. */
  readonly atIso: string;
  /** Whether it is what was asked for. */
  readonly isFocus: boolean;
}

/** An artifact that a run read, or a run that made an artifact: in the direction of time. */
export interface LineageEdge {
  readonly from: string;
  readonly to: string;
}

export interface LineageGraph {
  /** Each once, by `atIso`, artifacts after the run that made them. */
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

type Thing = { readonly artifact: Artifact } | { readonly run: Run };

/** Everything that led to `focus`, and everything it led to. */
export function lineageGraph(store: LearningStore, focus: Artifact): LineageGraph {
  const nodes = new Map<string, LineageNode>();
  const edges = new Map<string, LineageEdge>();
  const walk = (thing: Thing, step: (thing: Thing) => Thing[], edge: (here: string, there: string) => LineageEdge, seen: Set<string>): void => {
    // Iterative: a chain of continued trainings can be long.
    const waiting = [thing];
    for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
      const id = idOf(here);
      if (seen.has(id)) continue;
      seen.add(id);
      nodes.set(id, nodeOf(here, focus));
      for (const next of step(here)) {
        const found = edge(id, idOf(next));
        edges.set(`${found.from} → ${found.to}`, found);
        waiting.push(next);
      }
    }
  };
  walk({ artifact: focus }, (thing) => ('run' in thing ? store.inputsOf(thing.run.id).map(ofArtifact) : store.makersOf(thing.artifact).map(ofRun)), (here, there) => ({ from: there, to: here }), new Set());
  walk({ artifact: focus }, (thing) => ('run' in thing ? store.outputsOf(thing.run.id).map(ofArtifact) : store.usersOf(thing.artifact).map(ofRun)), (here, there) => ({ from: here, to: there }), new Set());
  const rank = { run: 0, artifact: 1 };
  return {
    nodes: [...nodes.values()].sort((a, b) => (a.atIso === b.atIso ? rank[a.kind] - rank[b.kind] || (a.id < b.id ? -1 : 1) : a.atIso < b.atIso ? -1 : 1)),
    edges: [...edges.values()],
  };
}

function ofArtifact(artifact: Artifact): Thing {
  return { artifact };
}

function ofRun(run: Run): Thing {
  return { run };
}

function idOf(thing: Thing): string {
  return 'run' in thing ? `run ${thing.run.id}` : `artifact ${thing.artifact.id}`;
}

function nodeOf(thing: Thing, focus: Artifact): LineageNode {
  if ('run' in thing) {
    const { name, kind, state, startedAtIso } = thing.run;
    return { id: idOf(thing), kind: 'run', title: name, detail: `${kind}, ${state}`, atIso: startedAtIso, isFocus: false };
  }
  const { id, name, version, type, aliases, createdAtIso } = thing.artifact;
  return { id: idOf(thing), kind: 'artifact', title: `${name}:v${version}`, detail: [type, ...aliases].join(', '), atIso: createdAtIso, isFocus: id === focus.id };
}
