// Frames in, VisionEvents out. Finding and following happens at once inside `process`; a picture is prepared when the classifier
// takes it. Time is only read, to stamp; every decision follows from the frames, so that the same frames give the same
// events in the vision process and in virtual time.
//
//   frame ─┬─▶ segment ─▶ track ─┬─▶ item.seen                       ┌─▶ item.look
//          └─▶ early looks ──────┼─▶ batcher ─▶ crop ─▶ preprocess ──┴─▶ item.gone, after the last look
//                                └─▶ (leaves the view)
import type { Clock, Timer } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { Frame } from '../domain/frame.ts';
import type { TrackId } from '../domain/item.ts';
import { MATERIALS } from '../domain/material.ts';
import type { Mat } from '../image/opencv.ts';
import type { LookFacts } from './batcher.ts';
import { Batcher } from './batcher.ts';
import { roundedBox } from './crop.ts';
import { CropHolder } from './crop-holder.ts';
import { EarlyLooks } from './early-looks.ts';
import { ItemLooks } from './item-looks.ts';
import type { LookTag } from './look-pictures.ts';
import { LookPictures, tagOf } from './look-pictures.ts';
import type { HarvestOptions, VisionOptions } from './options.ts';
import { Segmenter } from './segment.ts';
import { snapshotOf } from './snapshot.ts';
import type { WholeItem } from './track.ts';
import { Tracker } from './track.ts';
import { ViewGeometry } from './view-geometry.ts';
import type { VisionSink } from './vision.ts';

export interface PipelineDeps {
  readonly clock: Clock;
  readonly calibration: Calibration;
  /** Must take batches of `batch.size`. Stays its owner's. */
  readonly classifier: Classifier;
  readonly batch: { readonly size: number; readonly deadlineMs: Milliseconds };
  readonly options: VisionOptions;
  /** Which items are also told as `item.crop`; none where absent. */
  readonly harvest?: HarvestOptions | undefined;
  /** Whether a picture may go to the classifier before the rest of its frame is searched; default true. What is told is the same. */
  readonly looksEarly?: boolean | undefined;
  readonly sink: VisionSink;
}

/**
 * The belt is learned from a frame this long after its pictures went to the classifier: else the thread that was just woken
 * would wait for this core, up to 3 ms.
 */
const LEARN_AFTER_MS = 3;

export class VisionPipeline {
  readonly #deps: PipelineDeps;
  readonly #view: ViewGeometry;
  readonly #segmenter: Segmenter;
  readonly #tracker: Tracker;
  readonly #batcher: Batcher<LookTag>;
  readonly #pictures: LookPictures;
  readonly #earlyLooks: EarlyLooks | undefined;
  readonly #looksByTrack = new Map<TrackId, ItemLooks>();
  readonly #cropHolder: CropHolder | undefined;
  #learning: Timer | undefined;
  #snapshotWanted = false;
  #relearned = 0;
  framesProcessed = 0;
  /** Runs of the model that failed since the last that did not. */
  failuresInARow = 0;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
    const { clock, classifier, options, batch, harvest } = deps;
    this.#cropHolder = harvest?.enabled === true ? new CropHolder({ clock, options: harvest }) : undefined;
    this.#view = new ViewGeometry(deps.calibration);
    this.#segmenter = new Segmenter(options.segment, this.#view);
    this.#tracker = new Tracker(options.track, this.#view);
    this.#batcher = new Batcher({
      clock, classifier, limits: { ...batch, inFlight: options.looks.inFlight, maxWaiting: options.looks.maxWaiting },
      onStart: ({ looks }) => looks?.started(),
      onResult: (tag, probabilities, facts) => this.#looked(tag, probabilities, facts),
      onFailure: (tags, error) => this.#failed(tags, error),
    });
    this.#pictures = new LookPictures({ view: this.#view, options: options.crop, holder: this.#cropHolder });
    if (deps.looksEarly !== false) this.#earlyLooks = new EarlyLooks({ view: this.#view, segmenter: this.#segmenter, tracker: this.#tracker, batcher: this.#batcher, pictures: this.#pictures });
  }

  get cropsClassified(): number {
    return this.#batcher.classifiedCount;
  }

  get cropsDropped(): number {
    return this.#batcher.droppedCount;
  }

  /** Largest change of a colour of the empty belt since it was calibrated, share; undefined where either is not known. */
  get colourDrift(): number | undefined {
    const calibrated = this.#deps.calibration.colour?.beltBgr;
    const now = calibrated === undefined ? undefined : this.#segmenter.beltBgr;
    return calibrated === undefined || now === undefined ? undefined : Math.max(...calibrated.map((level, channel) => Math.abs(now[channel]! / Math.max(1, level) - 1)));
  }

  /** How long the classifier has been busy with the oldest run, ms; undefined when it is idle. */
  get longestRunMs(): Milliseconds | undefined {
    return this.#batcher.longestRunMs;
  }

  /**
   * Has `next` classify what is not yet under way; it stays its owner's. Resolves when the one before has ended what it was given.
   * Looks already taken count on.
   */
  useClassifier(next: Classifier): Promise<void> {
    return this.#batcher.replaceClassifier(next);
  }

  /** Looks at one frame. The image stays the caller's, who may release it; its pixels must not be written to any more. Throws CALIB_SIZE_MISMATCH. */
  process(frame: Frame<Mat>): void {
    this.#checkSize(frame);
    this.#learnBelt();
    this.#earlyLooks?.begin(frame);
    const detections = this.#segmenter.segment(frame);
    this.#earlyLooks?.saw(detections, frame.encoderCounts);
    const { born, whole, gone, phantoms, still } = this.#tracker.update(detections, frame.encoderCounts);
    this.framesProcessed++;
    for (const box of still) this.#segmenter.absorb(box);
    // At once: what a look at no item would say must decide nothing.
    for (const trackId of phantoms) this.#tellGone(trackId);
    for (const item of born) this.#seen(item, frame);
    for (const item of whole) this.#look(item, frame);
    this.#earlyLooks?.end();
    for (const trackId of gone) this.#leave(trackId);
    this.#batcher.pump();
    this.#learning = this.#deps.clock.after(LEARN_AFTER_MS, () => this.#learnBelt());
    if (this.#snapshotWanted) this.#snapshot(frame.image);
  }

  /** The next frame is also told as `vision.snapshot`. */
  requestSnapshot(): void {
    this.#snapshotWanted = true;
  }

  /** Counts no longer mean the same places: everything in view is gone, and seen anew as other items. */
  beltReset(): void {
    this.#tracker.reset();
    for (const trackId of [...this.#looksByTrack.keys()]) this.#tellGone(trackId);
  }

  /** Nothing is told afterwards. */
  close(): void {
    this.#learning?.cancel();
    this.#batcher.close();
    this.#segmenter.release();
    this.#cropHolder?.close();
    this.#looksByTrack.clear();
  }

  /** What the last frame is to teach, where it has not yet. */
  #learnBelt(): void {
    this.#learning?.cancel();
    this.#learning = undefined;
    this.#segmenter.learnBelt();
    this.#reportRelearned();
  }

  #checkSize({ size }: Frame<Mat>): void {
    const { frameSize } = this.#deps.calibration;
    if (size.width === frameSize.width && size.height === frameSize.height) return;
    throw new SortlineError('CALIB_SIZE_MISMATCH',
      `a frame has ${size.width}x${size.height} px, the calibration was made for ${frameSize.width}x${frameSize.height} px: set the camera to that size, or calibrate it anew`,
      { context: { found: size, expected: frameSize } });
  }

  #seen({ trackId, position, detection }: WholeItem, { sequence, capturedAtNs }: Frame<Mat>): void {
    const boxPx = roundedBox(detection.boxPx);
    this.#looksByTrack.set(trackId, new ItemLooks(trackId, position, boxPx));
    this.#deps.sink({ kind: 'item.seen', sighting: { trackId, frameSequence: sequence, capturedAtNs, boxPx, position } });
  }

  #look({ trackId, position, detection }: WholeItem, frame: Frame<Mat>): void {
    const { options: { looks: options } } = this.#deps;
    const looks = this.#looksByTrack.get(trackId)!;
    looks.position = position;
    looks.boxPx = roundedBox(detection.boxPx);
    if (!looks.wantsLook(options)) {
      this.#batcher.withdraw(trackId);
      return;
    }
    if (this.#earlyLooks?.handOver(detection, looks) === true) return;
    const tag = tagOf(frame, detection, looks);
    this.#batcher.offer({ key: trackId, lookCount: looks.startedCount, tag, picture: this.#pictures.of(tag, frame.image, detection) });
  }

  #looked({ looks, frame, boxPx, crop }: LookTag, probabilities: readonly number[], facts: LookFacts): void {
    this.failuresInARow = 0;
    if (looks === undefined) return;
    looks.finished(probabilities);
    this.#cropHolder?.judged(looks.trackId, crop, probabilities);
    if (this.#looksByTrack.get(looks.trackId) !== looks) return;
    const confidence = Math.max(...probabilities);
    this.#deps.sink({
      kind: 'item.look',
      look: {
        trackId: looks.trackId, frameSequence: frame.sequence, capturedAtNs: frame.capturedAtNs, boxPx, position: looks.position,
        probabilities, material: MATERIALS[probabilities.indexOf(confidence)]!, confidence, ...facts,
      },
    });
    this.#tellGoneWhenDone(looks);
  }

  #failed(tags: readonly LookTag[], error: unknown): void {
    this.failuresInARow++;
    this.#deps.sink({ kind: 'vision.warning', code: 'MODEL_RUN_FAILED', message: `${tags.length} looks were lost: ${reasonOf(error)}` });
    for (const { looks, crop } of tags) {
      if (looks === undefined) continue;
      looks.failed();
      this.#cropHolder?.failed(crop);
      this.#tellGoneWhenDone(looks);
    }
  }

  #leave(trackId: TrackId): void {
    const looks = this.#looksByTrack.get(trackId);
    if (looks === undefined) return;
    looks.isLeaving = true;
    // Its last picture is worth the wait only where the item was never looked at: the line waits for the word that it is gone.
    if (looks.startedCount > 0) this.#batcher.withdraw(trackId);
    this.#tellGoneWhenDone(looks);
  }

  #tellGoneWhenDone(looks: ItemLooks): void {
    if (looks.isLeaving && !looks.isRunning && !this.#batcher.hasWaiting(looks.trackId)) this.#tellGone(looks.trackId);
  }

  #tellGone(trackId: TrackId): void {
    this.#batcher.withdraw(trackId);
    const jpeg = this.#cropHolder?.gone(trackId);
    if (!this.#looksByTrack.delete(trackId)) return;
    if (jpeg !== undefined) this.#deps.sink({ kind: 'item.crop', trackId, jpeg });
    this.#deps.sink({ kind: 'item.gone', trackId });
  }

  #snapshot(image: Mat): void {
    this.#snapshotWanted = false;
    const marks = [...this.#looksByTrack.values()].filter(({ isLeaving }) => !isLeaving).map(({ trackId, boxPx, best }) => ({
      trackId, boxPx, label: best === undefined ? '?' : `${best.material} ${Math.round(100 * best.confidence)} %`,
    }));
    this.#deps.sink({ kind: 'vision.snapshot', ...snapshotOf(image, marks) });
  }

  #reportRelearned(): void {
    if (this.#segmenter.relearnedCount === this.#relearned) return;
    this.#relearned = this.#segmenter.relearnedCount;
    this.#deps.sink({ kind: 'vision.warning', code: 'VISION_BACKGROUND_RELEARNED', message: 'nearly no belt could be seen for a while: the light or the camera changed, and the empty belt is learned anew' });
  }
}
