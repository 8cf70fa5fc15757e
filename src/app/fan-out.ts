// One event to many sinks, in order. A sink that throws is a programming error and takes the service down loudly: sinks
// handle their own expected failures (a full disk, a broker that is away).
import type { LineSink } from '../domain/line-event.ts';

export function fanOut(sinks: readonly LineSink[]): LineSink {
  return (event) => {
    for (const sink of sinks) sink(event);
  };
}
