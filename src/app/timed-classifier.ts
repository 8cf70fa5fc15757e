// In virtual time an inference takes the time it is told to take, whatever this machine needs: the result is real, its
// moment is reproducible. Events before that moment run while the model does.
import type { ManualClock } from '../base/manual-clock.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Classifier } from '../classify/classifier.ts';

/** Wraps `inner` so that a batch of n crops takes n × `perCropMs` of `clock`'s time. */
export function timedClassifier(inner: Classifier, clock: ManualClock, perCropMs: Milliseconds): Classifier {
  return {
    cropShape: inner.cropShape,
    // One after the other, whatever the one inside can do: the same on every machine.
    concurrency: 1,
    // Loading took none of this clock's time, and what it took of this machine's would differ from run to run.
    description: { ...inner.description, warmUpMs: 0 },
    classify: (crops, count) => {
      const inferenceMs = count * perCropMs;
      return clock.settleAt(inferenceMs, inner.classify(crops, count).then((result) => ({ ...result, inferenceMs })));
    },
    close: () => inner.close(),
  };
}
