// A model can take the vision process down while it is loaded: native code crashes or hangs. The line remembers which one was
// being loaded, so that the next vision process passes it over instead of dying of it again.
import type { VisionSink } from '../vision/vision.ts';

export class DeadlyModels {
  /** By a candidate's key: how the process ended that was loading it. */
  readonly reasonByKey = new Map<string, string>();
  #loading: string | undefined;

  /** Listens to the vision process before `sink` does. */
  listening(sink: VisionSink): VisionSink {
    return (event) => {
      if (event.kind === 'model.loading') this.#loading = event.key;
      if (event.kind === 'vision.down' && this.#loading !== undefined) this.reasonByKey.set(this.#loading, event.reason);
      if (event.kind === 'vision.ready' || event.kind === 'model.in-use' || event.kind === 'model.refused' || event.kind === 'vision.down') this.#loading = undefined;
      sink(event);
    };
  }
}
