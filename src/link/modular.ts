// Arithmetic on the wire's wrapping counters: u32 encoder counts and ticks, u8 sequence numbers.
// firmware-protocol.md § Modular arithmetic.

/** a − b as a signed 32-bit number: positive where a lies ahead of b by less than 2^31. */
export function difference32(a: number, b: number): number {
  return (a - b) | 0;
}

/** a − b modulo 256, 0 … 255. */
export function distance8(a: number, b: number): number {
  return (a - b) & 0xff;
}

/** A 53-bit count as the u32 the board compares with. */
export function toU32(count: number): number {
  return ((count % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000;
}

/** Turns successive readings of a u32 counter into one number that does not wrap; readings must be less than 2^31 apart. */
export class Unwrapper {
  #unwrapped: number | undefined;

  /** The unwrapped value nearest to the last one. */
  unwrap(raw: number): number {
    this.#unwrapped = this.peek(raw);
    return this.#unwrapped;
  }

  /** Like {@link unwrap}, without moving on: for readings that may be old or wrong. */
  peek(raw: number): number {
    const last = this.#unwrapped;
    return last === undefined ? raw : last + difference32(raw, toU32(last));
  }

  get last(): number | undefined {
    return this.#unwrapped;
  }

  /** Forgets the past: the next reading counts as it is. */
  reset(): void {
    this.#unwrapped = undefined;
  }
}
