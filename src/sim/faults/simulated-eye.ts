// The Vision of a simulated day: it knows what lies on the virtual belt and tells of it as the vision process would, with its
// errors, its delays and its ways to die, and without a pixel. Frame by frame it tells items that are whole in view, looks at
// them, and tells when they have left; where the belt is it knows from the board's samples alone, as the real one does.
import type { Clock, Timer } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Milliseconds, MonotonicNs } from '../../base/units.ts';
import { NS_PER_MS } from '../../base/units.ts';
import { BeltClock } from '../../domain/belt-clock.ts';
import type { BeltSample } from '../../domain/frame.ts';
import type { BeltPosition, TrackId } from '../../domain/item.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { ModelInUse } from '../../domain/model-in-use.ts';
import type { Vision, VisionSink, VisionStats } from '../../vision/vision.ts';
import type { BeltMotion } from '../belt-motion.ts';
import type { World, WorldItem } from '../world.ts';
import { extentOf } from '../world.ts';
import type { EyeFaults } from './eye-faults.ts';
import { lookProbabilities } from './look-model.ts';

export interface EyeOptions {
  readonly accuracy: number;
  /** One sigma. */
  readonly positionMm: number;
  readonly inferenceMs: Milliseconds;
  readonly framesPerSecond: number;
}

export interface SimulatedEyeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly world: World;
  readonly motion: BeltMotion;
  readonly countsPerMm: number;
  readonly options: EyeOptions;
  readonly faults: EyeFaults;
  readonly sink: VisionSink;
  /** Which world item a track is; undefined for an object that is none. Only the judge of the day may know. */
  onTrack(trackId: TrackId, worldIndex: number | undefined): void;
}

/** Belt in view, from the camera origin downstream. */
const VIEW_MM = 800;
const LOOKS_PER_ITEM = 3;
const ENOUGH_CONFIDENCE = 0.9;
const STATS_PERIOD_MS = 1000;
const STALL_MS = 2000;
/** The supervisor's patience with a process that says nothing. */
const HANG_MS = 2500;
const WARM_UP_MS = 1500;
const RESTART_MS = 300;
/** Frames in which an object that is none is told, of all while the light changes. */
const PHANTOM_SHARE = 0.2;
const MODEL: ModelInUse = { model: 'simulated', sha256: '00'.repeat(32), provider: 'none', unavailable: [], warmUpMs: 0 };
const FRAME_SIZE = { width: 1280, height: 720 };

interface Track {
  readonly trackId: TrackId;
  readonly item: WorldItem;
  /** As last seen. */
  position: BeltPosition;
  startedLooks: number;
  isRunning: boolean;
  isLeaving: boolean;
  isCertain: boolean;
}

export class SimulatedEye implements Vision {
  readonly #deps: SimulatedEyeDeps;
  readonly #belt = new BeltClock();
  /** By world index. */
  readonly #tracks = new Map<number, Track>();
  readonly #timers: Timer[] = [];
  #phase: 'down' | 'up' | 'hanging' | 'stopped' = 'down';
  /** Grows with every life of the process, so that nothing of an old one is told. */
  #life = 0;
  #trackCount = 0;
  #frame = 0;
  #lastFrameNs: MonotonicNs = 0;
  #told: 'nothing' | 'delivers' | 'stalled' = 'nothing';
  #hasToldSize = false;
  #stats = { framesCaptured: 0, framesProcessed: 0, framesDropped: 0, badFrames: 0, cropsClassified: 0, cropsDropped: 0 };

  constructor(deps: SimulatedEyeDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { clock, options, faults, sink } = this.#deps;
    this.#timers.push(
      clock.every(1000 / options.framesPerSecond, () => this.#expose()),
      clock.every(STATS_PERIOD_MS, () => { if (this.#phase === 'up') sink({ kind: 'vision.stats', stats: this.#statsNow() }); }),
    );
    faults.onCrash = () => this.#crash('the vision process ended (SIGSEGV)', RESTART_MS);
    faults.onHang = () => this.#hang();
    clock.after(WARM_UP_MS, () => this.#ready(this.#life));
  }

  beltSample(sample: BeltSample): void {
    this.#belt.add(sample);
  }

  beltReset(): void {
    this.#belt.reset();
    if (this.#phase !== 'up') return;
    const gone = [...this.#tracks.values()];
    this.#tracks.clear();
    for (const { trackId } of gone) this.#deps.sink({ kind: 'item.gone', trackId });
  }

  requestSnapshot(): void {
    if (this.#phase === 'up') this.#deps.sink({ kind: 'vision.snapshot', jpeg: new Uint8Array(), marks: [] });
  }

  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#life++;
    for (const timer of this.#timers) timer.cancel();
  }

  /** Objects followed at present. */
  get trackCount(): number {
    return this.#tracks.size;
  }

  #ready(life: number): void {
    if (life !== this.#life || this.#phase !== 'down') return;
    if (this.#deps.faults.has('no-start')) return this.#restart('the model cannot be opened', RESTART_MS);
    this.#phase = 'up';
    this.#lastFrameNs = this.#deps.clock.nowNs();
    this.#told = 'nothing';
    this.#deps.sink({ kind: 'vision.ready', classifier: MODEL, camera: 'simulated eye', frameSize: FRAME_SIZE });
    if (this.#deps.faults.crashesLeft > 0) {
      this.#deps.faults.crashesLeft--;
      this.#crash('the vision process ended (SIGSEGV)', RESTART_MS);
    }
  }

  #crash(reason: string, restartInMs: Milliseconds): void {
    if (this.#phase === 'stopped' || this.#phase === 'down') return;
    this.#phase = 'down';
    this.#tracks.clear();
    this.#stats = { framesCaptured: 0, framesProcessed: 0, framesDropped: 0, badFrames: 0, cropsClassified: 0, cropsDropped: 0 };
    this.#restart(reason, restartInMs);
  }

  #restart(reason: string, restartInMs: Milliseconds): void {
    const life = ++this.#life;
    this.#deps.sink({ kind: 'vision.down', reason, restartInMs });
    this.#deps.clock.after(restartInMs + WARM_UP_MS, () => this.#ready(life));
  }

  #hang(): void {
    if (this.#phase !== 'up') return;
    this.#phase = 'hanging';
    const life = ++this.#life;
    this.#deps.clock.after(HANG_MS, () => { if (life === this.#life) this.#crash(`no sign of progress for ${HANG_MS} ms`, RESTART_MS); });
  }

  /** One exposure; what is seen in it is told later by as much as the picture is late. */
  #expose(): void {
    const { clock, faults } = this.#deps;
    if (this.#phase !== 'up') return;
    const exposedNs = clock.nowNs();
    if (faults.has('stall')) return this.#watchStall(exposedNs);
    const life = this.#life;
    const tell = (): void => { if (life === this.#life && this.#phase === 'up') this.#process(exposedNs); };
    const lateMs = faults.lateMs;
    if (lateMs > 0) clock.after(lateMs, tell);
    else tell();
  }

  #watchStall(nowNs: MonotonicNs): void {
    const silentMs = (nowNs - this.#lastFrameNs) / NS_PER_MS;
    if (this.#told === 'stalled' || silentMs < STALL_MS) return;
    this.#told = 'stalled';
    this.#deps.sink({ kind: 'camera.stalled', silentMs, reason: 'no frame came' });
  }

  #process(exposedNs: MonotonicNs): void {
    const { faults, sink } = this.#deps;
    this.#stats.framesCaptured++;
    if (faults.has('wrong-size')) return this.#wrongSize();
    this.#hasToldSize = false;
    this.#lastFrameNs = Math.max(this.#lastFrameNs, exposedNs);
    if (this.#told !== 'delivers') {
      this.#told = 'delivers';
      sink({ kind: 'camera.delivers' });
    }
    // A picture shown twice carries the stamp of the first and is thrown away.
    if (faults.has('repeat')) return void this.#stats.framesDropped++;
    const beltCounts = this.#belt.countsKnownAt(exposedNs);
    if (beltCounts === undefined) return void this.#stats.framesDropped++;
    this.#stats.framesProcessed++;
    this.#frame++;
    // Half of a torn picture is of another moment: outlines that do not fit are not believed for some frames.
    if (faults.has('black') || (faults.has('torn') && this.#frame % 3 !== 0)) return;
    this.#see(exposedNs, beltCounts);
  }

  #wrongSize(): void {
    this.#stats.badFrames++;
    if (this.#hasToldSize) return;
    this.#hasToldSize = true;
    this.#deps.sink({ kind: 'vision.warning', code: 'CALIB_SIZE_MISMATCH', message: 'a frame has 640x480 px, the calibration was made for 1280x720 px' });
  }

  #see(exposedNs: MonotonicNs, beltCounts: number): void {
    const { world, motion, countsPerMm, faults } = this.#deps;
    const trueCounts = motion.countsAt(exposedNs);
    for (const item of world.itemsBetween(trueCounts - (VIEW_MM + 200) * countsPerMm, trueCounts)) {
      const xMm = (trueCounts - item.entryCounts) / countsPerMm;
      const halfMm = extentOf(item).alongMm / 2;
      if (xMm - halfMm < 0 || xMm + halfMm > VIEW_MM) continue;
      const position = this.#positionOf(item, beltCounts - xMm * countsPerMm);
      const track = this.#tracks.get(item.index) ?? this.#seen(item, position, exposedNs);
      track.position = position;
      this.#look(track, exposedNs);
    }
    for (const track of this.#tracks.values()) {
      const xMm = (trueCounts - track.item.entryCounts) / countsPerMm;
      if (xMm + extentOf(track.item).alongMm / 2 > VIEW_MM) this.#leave(track);
    }
    if (faults.has('light-step') && this.#deps.random.fork(this.#frame).next() < PHANTOM_SHARE) this.#phantom(exposedNs, beltCounts);
  }

  #seen(item: WorldItem, position: BeltPosition, exposedNs: MonotonicNs): Track {
    const track: Track = { trackId: ++this.#trackCount, item, position, startedLooks: 0, isRunning: false, isLeaving: false, isCertain: false };
    this.#tracks.set(item.index, track);
    this.#deps.onTrack(track.trackId, item.index);
    this.#tellSeen(track.trackId, position, exposedNs);
    return track;
  }

  /** Where it seems to lie; each object is misjudged in its own way. */
  #positionOf(item: WorldItem, trueCounts: number): BeltPosition {
    const { options, countsPerMm, random, faults } = this.#deps;
    const { alongMm, acrossMm } = extentOf(item);
    const errorMm = options.positionMm * random.fork(item.index).gaussian() * (faults.has('dirt') ? 2 : 1);
    return { positionCounts: trueCounts - errorMm * countsPerMm, yMm: item.yMm, lengthMm: alongMm, widthMm: acrossMm };
  }

  #tellSeen(trackId: TrackId, position: BeltPosition, capturedAtNs: MonotonicNs): void {
    this.#deps.sink({ kind: 'item.seen', sighting: { trackId, frameSequence: this.#frame, capturedAtNs, boxPx: BOX, position } });
  }

  /** Something that is no item, for one frame: it is seen, never classified, and gone. */
  #phantom(exposedNs: MonotonicNs, beltCounts: number): void {
    const trackId = ++this.#trackCount;
    this.#deps.onTrack(trackId, undefined);
    const xMm = this.#deps.random.fork(this.#frame + 1).between(50, VIEW_MM - 50);
    this.#tellSeen(trackId, { positionCounts: beltCounts - xMm * this.#deps.countsPerMm, yMm: 200, lengthMm: 60, widthMm: 60 }, exposedNs);
    this.#deps.sink({ kind: 'item.gone', trackId });
  }

  #look(track: Track, exposedNs: MonotonicNs): void {
    const { clock, options, faults } = this.#deps;
    if (track.isRunning || track.isCertain || track.startedLooks >= LOOKS_PER_ITEM) return;
    track.isRunning = true;
    const look = ++track.startedLooks;
    const frame = this.#frame;
    const life = this.#life;
    clock.after(options.inferenceMs + faults.slowMs, () => {
      if (life !== this.#life || this.#phase !== 'up') return;
      track.isRunning = false;
      if (this.#tracks.get(track.item.index) !== track) return;
      this.#tellLook(track, { look, frame, exposedNs });
      if (track.isLeaving) this.#gone(track);
    });
  }

  #tellLook(track: Track, { look, frame, exposedNs }: { look: number; frame: number; exposedNs: MonotonicNs }): void {
    const { options, random, faults, sink } = this.#deps;
    this.#stats.cropsClassified++;
    const probabilities = lookProbabilities(track.item.material, {
      random: random.fork(track.item.index).fork(look), isShort: faults.has('wrong-shape'),
      accuracy: options.accuracy * (faults.has('light-step') ? 0.5 : 1) * (faults.has('dirt') ? 0.8 : 1),
    });
    const confidence = Math.max(...probabilities);
    track.isCertain = confidence >= ENOUGH_CONFIDENCE;
    sink({
      kind: 'item.look',
      look: {
        trackId: track.trackId, frameSequence: frame, capturedAtNs: exposedNs, boxPx: BOX, position: track.position, probabilities, confidence,
        material: MATERIALS[probabilities.indexOf(confidence)]!, inferenceMs: options.inferenceMs + faults.slowMs, waitedMs: 0, modelSha256: MODEL.sha256,
      },
    });
  }

  #leave(track: Track): void {
    track.isLeaving = true;
    if (!track.isRunning) this.#gone(track);
  }

  #gone(track: Track): void {
    this.#tracks.delete(track.item.index);
    this.#deps.sink({ kind: 'item.gone', trackId: track.trackId });
  }

  #statsNow(): VisionStats {
    return { ...this.#stats, rssMb: 0 };
  }
}

const BOX = { x: 0, y: 0, width: 100, height: 100 };
