// Looks begun before their items are known. Searching a whole frame takes longer than all other steps of a look together; what has just come
// whole into the picture lies in a strip along its upstream edge, which is searched first. Its pictures are with the classifier while the
// rest of the frame is searched, and become looks where that finds the same things there and they are new items. Where not, a run
// was for nothing: the events are those of a pipeline that does not look early.
//
//   frame ─▶ strip ─▶ new things ─▶ batcher ┄┄▶ handOver(detection of the whole frame, its looks)
import type { EncoderCounts } from '../base/units.ts';
import type { Frame } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { MatScope } from '../image/opencv.ts';
import type { Batcher } from './batcher.ts';
import type { Detection } from './detection.ts';
import { isSameThing } from './detection.ts';
import { EntryZone } from './entry-zone.ts';
import type { ItemLooks } from './item-looks.ts';
import type { LookPictures, LookTag } from './look-pictures.ts';
import { tagOf } from './look-pictures.ts';
import type { Segmenter } from './segment.ts';
import type { Tracker } from './track.ts';
import type { ViewGeometry } from './view-geometry.ts';

export interface EarlyLooksDeps {
  readonly view: ViewGeometry;
  readonly segmenter: Segmenter;
  readonly tracker: Tracker;
  readonly batcher: Batcher<LookTag>;
  readonly pictures: LookPictures;
}

interface EarlyLook {
  /** In the batcher, below all track ids. */
  readonly key: number;
  readonly detection: Detection;
  readonly tag: LookTag;
}

export class EarlyLooks {
  readonly #deps: EarlyLooksDeps;
  readonly #zone: EntryZone;
  #begun: EarlyLook[] = [];

  constructor(deps: EarlyLooksDeps) {
    this.#deps = deps;
    this.#zone = new EntryZone(deps.view, deps.segmenter.roomPx);
  }

  /** Begins what can begin at once; nothing while the classifier is busy. */
  begin(frame: Frame<Mat>): void {
    // There are some where the frame before was broken off.
    this.end();
    const { segmenter, tracker, batcher, pictures } = this.#deps;
    const strip = batcher.hasRoom ? this.#zone.at(frame.encoderCounts) : undefined;
    if (strip === undefined) return;
    // Released only when the classifier has begun.
    using scope = new MatScope();
    const found = tracker.newOf(segmenter.within(frame, strip, scope), frame.encoderCounts);
    const offered = found.map((detection, index): EarlyLook => {
      const tag = tagOf(frame, detection, undefined);
      const key = -1 - index;
      batcher.offer({ key, lookCount: 0, tag, picture: pictures.of(tag, frame.image, detection) });
      return { key, detection, tag };
    });
    if (offered.length === 0) return;
    batcher.pump();
    this.#begun = offered.filter(({ key }) => !batcher.withdraw(key));
  }

  /** Everything that the whole frame showed. */
  saw(detections: readonly Detection[], encoderCounts: EncoderCounts): void {
    this.#zone.saw(detections, encoderCounts);
  }

  /** Makes the look begun at `detection` one of `looks`; false where none was. */
  handOver(detection: Detection, looks: ItemLooks): boolean {
    const index = this.#begun.findIndex((look) => isSameThing(look.detection, detection));
    if (index < 0) return false;
    const { tag } = this.#begun.splice(index, 1)[0]!;
    tag.looks = looks;
    looks.started();
    this.#deps.pictures.hold(tag);
    return true;
  }

  /** Forgets what was not handed over: no item came of it. */
  end(): void {
    for (const { tag } of this.#begun.splice(0)) {
      tag.unheld?.release();
      tag.unheld = undefined;
    }
  }
}
