// Where a recorder listens: at the line's events, at the link's, at the cable and at the vision's pictures. The line itself knows nothing of it.
import type { Clock } from '../base/clock.ts';
import type { LineSink } from '../domain/line-event.ts';
import type { WireTap } from '../link/host-link.ts';
import type { LinkSink } from '../link/link.ts';
import type { LineRecorder } from '../record/line-recorder.ts';
import type { TappedFrame } from '../vision/frame-tap.ts';

export interface RecorderTaps {
  readonly event: LineSink;
  readonly frame: (frame: TappedFrame) => void;
  readonly wire: WireTap;
  /** The line's own sink for the link, with the recorder listening before it. */
  linked(sink: LinkSink): LinkSink;
}

export function recorderTaps(recorder: LineRecorder, clock: Clock): RecorderTaps {
  return {
    event: (event) => recorder.add({ kind: 'event', atNs: event.atNs, event }),
    frame: ({ sequence, capturedAtNs, encoderCounts, size, jpeg, dropped }) => {
      recorder.droppedBefore(dropped);
      recorder.add({ kind: 'frame', atNs: capturedAtNs, frame: { sequence, capturedAtNs, encoderCounts, size, format: 'jpeg', data: jpeg } });
    },
    wire: (direction, bytes) => recorder.add({ kind: 'serial', atNs: clock.nowNs(), direction, bytes }),
    linked: (sink) => (event) => {
      if (event.kind === 'belt.sample') recorder.add({ kind: 'belt', atNs: event.sample.atNs, sample: event.sample });
      else recorder.add({ kind: 'board', atNs: clock.nowNs(), event });
      sink(event);
    },
  };
}
