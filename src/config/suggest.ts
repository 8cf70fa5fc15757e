// "Did you mean": the nearest of the allowed words, when it is near enough to be a slip of the fingers or of memory.

/** The allowed word that `word` most likely meant; undefined when none is close. */
export function suggest(word: string, allowed: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of allowed) {
    const distance = distanceOf(normalised(word), normalised(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** One word that begins with the other, `warning` and `warn`, is one step away however long the rest. */
function distanceOf(word: string, candidate: string): number {
  const [shorter, longer] = word.length < candidate.length ? [word, candidate] : [candidate, word];
  const distance = editDistance(word, candidate);
  return shorter.length >= 3 && longer.startsWith(shorter) ? Math.min(1, distance) : distance;
}

/** `offset_mm`, `offset-mm` and `OffsetMM` are `offsetMm` to whoever wrote them. */
function normalised(word: string): string {
  return word.toLowerCase().replaceAll(/[_\-\s]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours that make `a` out of `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j]!;
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      let distance = i === 0 || j === 0 ? i + j : Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, at(i - 2, j - 2) + 1);
      table[i * width + j] = distance;
    }
  }
  return at(a.length, b.length);
}
