// What may differ between two runs and still be the same: fields that are left out, and numbers with room. A path is the event's kind and the
// field, `item.look.look.confidence`; `*` stands for any part of it, and a path names everything under it.

export interface CompareRules {
  readonly ignore: readonly string[];
  readonly tolerances: Readonly<Record<string, number>>;
}

/** Two replays, perhaps on different machines: other processors round pictures and probabilities differently. */
export const GOLDEN_RULES: CompareRules = {
  ignore: ['model.in-use.model.provider', 'model.in-use.model.unavailable', 'model.in-use.model.model'],
  tolerances: {
    '*.atNs': 5e6, '*AtNs': 5e6, '*.probabilities.*': 0.02, '*.confidence': 0.02, '*.positionCounts': 4, '*Mm': 1, '*.boxPx.*': 2, '*.fireAtCounts': 4, '*.firedAtCounts': 4,
    'line.stats.stats.*': 1,
  },
};

/** A replay and the run that was recorded: real inference times, other ids, JPEG instead of raw pictures, a start that came earlier. */
export const RECORDING_RULES: CompareRules = {
  ignore: [
    'line.stats', 'line.state', 'model.in-use', 'recipe.changed', 'bin.state', 'operator.command', 'alarm.acknowledged', 'item.truth', 'item.look', '*.trackId', '*.frameSequence',
    '*.capturedAtNs', '*.commandId', '*.lookCount', '*.sighting.boxPx', '*.probabilities',
  ],
  tolerances: {
    '*.atNs': 1e9, '*AtNs': 1e9, '*.confidence': 0.2, '*.positionCounts': 20, '*Mm': 8, '*.fireAtCounts': 20, '*.firedAtCounts': 20, '*.countError': 2,
  },
};

export function withRules(rules: CompareRules, more: CompareRules): CompareRules {
  return { ignore: [...rules.ignore, ...more.ignore], tolerances: { ...rules.tolerances, ...more.tolerances } };
}

/** The rules as functions of a path; of several tolerances the last named holds. */
export class PathRules {
  readonly #ignore: readonly RegExp[];
  readonly #tolerances: readonly (readonly [RegExp, number])[];

  constructor({ ignore, tolerances }: CompareRules) {
    this.#ignore = ignore.map(patternOf);
    this.#tolerances = Object.entries(tolerances).map(([path, tolerance]) => [patternOf(path), tolerance] as const);
  }

  isIgnored(path: string): boolean {
    return this.#ignore.some((pattern) => pattern.test(path));
  }

  toleranceAt(path: string): number {
    return this.#tolerances.findLast(([pattern]) => pattern.test(path))?.[1] ?? 0;
  }
}

function patternOf(path: string): RegExp {
  const text = path.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)).join('.*');
  return new RegExp(`^${text}(\\..*)?$`);
}
