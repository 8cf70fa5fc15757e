// The link's running totals, over all sessions.
import type { LinkStats } from './link.ts';

export class LinkCounters {
  framesSent = 0;
  framesReceived = 0;
  bytesSent = 0;
  bytesReceived = 0;
  retransmissions = 0;
  framesInvalid = 0;
  /** Valid frames that mean nothing here: another session, an echo, an unknown id, a wrong length. */
  framesForeign = 0;
  /** Belt samples that no belt could have produced. */
  samplesRejected = 0;
  roundTripMs: number | undefined;

  snapshot(): LinkStats & { framesForeign: number; samplesRejected: number } {
    const { framesSent, framesReceived, bytesSent, bytesReceived, retransmissions, framesInvalid, framesForeign, samplesRejected, roundTripMs } = this;
    return { framesSent, framesReceived, bytesSent, bytesReceived, retransmissions, framesInvalid, framesForeign, samplesRejected, roundTripMs };
  }
}
