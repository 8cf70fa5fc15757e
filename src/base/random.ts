// Seeded randomness, passed in like time. xoshiro128** (Blackman & Vigna, 2018), seeded by splitmix32.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [low, high], both included. */
  integer(low: number, high: number): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Standard normal (Box-Muller). */
  gaussian(): number;
  pick<T>(choices: readonly T[]): T;
  /** A generator of its own for `stream`, independent of how far this one has been drawn. */
  fork(stream: number): Random;
}

/** The items in another order (Fisher and Yates); a copy. Draws once for each item but one. */
export function shuffled<T>(items: Iterable<T>, random: Random): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.integer(0, last);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = splitmix(), b = splitmix(), c = splitmix(), d = splitmix();
  const nextUint32 = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a; d ^= b; b ^= c; a ^= d; c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const random: Random = {
    next: () => nextUint32() / 0x1_0000_0000,
    integer: (low, high) => low + Math.floor(random.next() * (high - low + 1)),
    between: (low, high) => low + random.next() * (high - low),
    gaussian: () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
    pick: (choices) => {
      if (choices.length === 0) throw new RangeError('pick() needs at least one choice');
      return choices[random.integer(0, choices.length - 1)]!;
    },
    fork: (stream) => createRandom((Math.imul(seed ^ 0x5bd1e995, 0x27d4eb2f) ^ Math.imul(stream + 1, 0x165667b1)) >>> 0),
  };
  return random;
}
