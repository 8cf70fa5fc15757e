// The newest payload of every retained topic, and which of them the broker does not have yet. After a reconnect that is all
// of them: the broker may have lost its memory. An empty payload clears a topic, and is forgotten once it is done.

export interface RetainedJob {
  readonly topic: string;
  readonly payload: string;
  readonly version: number;
}

interface Entry {
  payload: string;
  version: number;
}

export class RetainedState {
  readonly #entryByTopic = new Map<string, Entry>();
  readonly #dirtyTopics = new Set<string>();
  #version = 0;

  set(topic: string, payload: string): void {
    this.#entryByTopic.set(topic, { payload, version: ++this.#version });
    this.#dirtyTopics.add(topic);
  }

  markAllDirty(): void {
    for (const topic of this.#entryByTopic.keys()) this.#dirtyTopics.add(topic);
  }

  get dirtyCount(): number {
    return this.#dirtyTopics.size;
  }

  /** The next to send, oldest change first; it counts as clean from now on. */
  take(): RetainedJob | undefined {
    for (const topic of this.#dirtyTopics) {
      this.#dirtyTopics.delete(topic);
      const entry = this.#entryByTopic.get(topic)!;
      return { topic, ...entry };
    }
    return undefined;
  }

  /** The broker has it. */
  done({ topic, payload, version }: RetainedJob): void {
    if (payload === '' && this.#entryByTopic.get(topic)?.version === version) this.#entryByTopic.delete(topic);
  }
}
