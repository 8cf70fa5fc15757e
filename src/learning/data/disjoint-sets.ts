// Which things belong together, told two at a time (union by order of arrival, path halving; Tarjan and van Leeuwen, 1984).

export class DisjointSets<T> {
  readonly #parents = new Map<T, T>();

  link(a: T, b: T): void {
    const [rootA, rootB] = [this.#root(a), this.#root(b)];
    if (rootA !== rootB) this.#parents.set(rootB, rootA);
  }

  areLinked(a: T, b: T): boolean {
    return a === b || (this.#parents.has(a) && this.#parents.has(b) && this.#root(a) === this.#root(b));
  }

  /** The sets of two and more, in the order in which their first members came. */
  sets(): T[][] {
    return [...Map.groupBy(this.#parents.keys(), (thing) => this.#root(thing)).values()];
  }

  #root(thing: T): T {
    if (!this.#parents.has(thing)) this.#parents.set(thing, thing);
    let at = thing;
    for (let parent = this.#parents.get(at)!; parent !== at; parent = this.#parents.get(at)!) {
      const grandparent = this.#parents.get(parent)!;
      this.#parents.set(at, grandparent);
      at = grandparent;
    }
    return at;
  }
}
