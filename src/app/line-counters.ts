// Running totals of one service life, for the once-a-second `line.stats`.
import type { Outcome } from '../domain/decision.ts';
import type { LineEvent, LineStats } from '../domain/line-event.ts';
import type { LinkStats } from '../link/link.ts';
import type { VisionStats } from '../vision/vision.ts';
import { LatencyWindow } from './latency-window.ts';

export class LineCounters {
  /** Exposure to command written, without inference. */
  readonly overhead = new LatencyWindow(4096);
  vision: VisionStats | undefined;
  #itemsSeen = 0;
  readonly #outcomes: Record<Outcome, number> = { sorted: 0, missed: 0, rejected: 0, inhibited: 0, passed: 0, lost: 0 };

  count(event: LineEvent): void {
    if (event.kind === 'item.seen') this.#itemsSeen++;
    if (event.kind === 'item.settled') this.#outcomes[event.outcome]++;
  }

  stats(link: LinkStats, beltMmPerSecond: number): LineStats {
    return {
      itemsSeen: this.#itemsSeen,
      outcomes: { ...this.#outcomes },
      framesProcessed: this.vision?.framesProcessed ?? 0,
      framesDropped: this.vision?.framesDropped ?? 0,
      cropsClassified: this.vision?.cropsClassified ?? 0,
      beltMmPerSecond,
      linkRetransmissions: link.retransmissions,
      linkRoundTripMs: link.roundTripMs,
      overheadMsP99: this.overhead.quantile(0.99),
    };
  }
}
