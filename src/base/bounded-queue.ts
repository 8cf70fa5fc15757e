// A ring of fixed capacity. What happens when it is full is the caller's written policy, never growth.

export class BoundedQueue<T> {
  readonly #slots: (T | undefined)[];
  #head = 0;
  #size = 0;
  /** Entries dropped by {@link pushDroppingOldest} since creation. */
  droppedCount = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`capacity must be an integer of 1 or more, got ${capacity}`);
    this.#slots = new Array<T | undefined>(capacity).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.#slots.length;
  }

  /** Adds at the back; false, and unchanged, when full. */
  tryPush(value: T): boolean {
    if (this.isFull) return false;
    this.#slots[(this.#head + this.#size) % this.#slots.length] = value;
    this.#size++;
    return true;
  }

  /** Adds at the back; when full the oldest is dropped, counted and returned. */
  pushDroppingOldest(value: T): T | undefined {
    const dropped = this.isFull ? this.shift() : undefined;
    if (dropped !== undefined) this.droppedCount++;
    this.tryPush(value);
    return dropped;
  }

  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#slots[this.#head];
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#size--;
    return value;
  }
}
