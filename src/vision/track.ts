// Which detections are the same item. In belt coordinates an item stands still, so a frame's detections are placed on the
// belt by the encoder and matched by where they lie: no motion model, no guesswork. Pure arithmetic, no images.
//
//   seen whole ─▶ live ─┬─ cut by the downstream edge, or unseen for too long ─▶ gone (told once)
//                       └─ its place is remembered until it has left the picture, so that its rest is not born again
import type { EncoderCounts } from '../base/units.ts';
import { positionCountsOf } from '../domain/calibration.ts';
import type { BoxPx } from '../domain/frame.ts';
import type { BeltPosition, TrackId } from '../domain/item.ts';
import { distanceMm, gapMm, iouOnBelt, iouPx, shareCovered, sizeRatio } from './belt-overlap.ts';
import type { Detection } from './detection.ts';
import type { TrackOptions } from './options.ts';
import type { ViewGeometry, Visibility } from './view-geometry.ts';

/** A detection that lies this much on a known item's place belongs to it. */
const COVERED = 0.5;
/** An outline that grew or shrank beyond this ratio is another outline: items merged, or came apart. */
const SAME_SIZE = 0.7;
/** Sightings over which a position is averaged; afterwards it follows slip with this weight. */
const POSITION_WEIGHT = 16;
/** Boxes in the picture this alike are the same spot. */
const SAME_SPOT = 0.7;
const SPOT_FRAMES = 10;
/** Over so much belt it is looked whether a thing moved with it; more than slip and a blurred edge make of it, mm. */
const CARRIED_MM = 8;
/** A thing that moved by less than this share of the belt under it kept its place; so many times in a row, and it is no item. */
const KEPT_SHARE = 0.25;
const KEPT_TIMES = 2;
const EDGE_PX = 2;
/** A thing this small beside a large one is a bit of it that the belt's colour separates: its area over the large one's, and their distance. */
const FRAGMENT_SHARE = 0.2;
const FRAGMENT_GAP_MM = 12;
/** In the score of a pair an overlap of 1 weighs as much as this distance, mm. */
const SCORE_MM = 1000;

/** A detection placed on the belt. */
interface Placed {
  readonly detection: Detection;
  readonly position: BeltPosition;
}

interface Track {
  readonly trackId: TrackId;
  position: BeltPosition;
  /** Where it was last seen in the picture, and the belt then. */
  boxPx: BoxPx;
  seenAtCounts: EncoderCounts;
  /** Whole sightings behind `position`. */
  sightings: number;
  /** Frames in a row in which it should have been seen and was not. */
  missed: number;
  /** Where it was, and the belt then, when it was last looked whether it moves with the belt; how many times in a row it did not. */
  anchor: { readonly boxPx: BoxPx; readonly counts: EncoderCounts };
  kept: number;
  /** Frames in a row that showed another outline in its place. */
  changed: number;
  isGone: boolean;
}

/** An item as it is seen whole, and unchanged, in the current frame. */
export interface WholeItem {
  readonly trackId: TrackId;
  /** Mean over its sightings so far. */
  readonly position: BeltPosition;
  readonly detection: Detection;
}

export interface TrackUpdate {
  /** Seen whole for the first time; also in `whole`. */
  readonly born: readonly WholeItem[];
  readonly whole: readonly WholeItem[];
  /** No whole sighting follows. */
  readonly gone: readonly TrackId[];
  /** Told as born, and no items: they do not move with the belt. */
  readonly phantoms: readonly TrackId[];
  /** Boxes of things that stay in the picture while the belt moves: no items. */
  readonly still: readonly BoxPx[];
}

export class Tracker {
  readonly #options: TrackOptions;
  readonly #view: ViewGeometry;
  readonly #countsPerMm: number;
  #tracks: Track[] = [];
  #spots: { boxPx: BoxPx; framesLeft: number }[] = [];
  #lastTrackId = 0;

  constructor(options: TrackOptions, view: ViewGeometry) {
    this.#options = options;
    this.#view = view;
    this.#countsPerMm = view.calibration.countsPerMm;
  }

  /** Items followed or remembered. */
  get count(): number {
    return this.#tracks.length;
  }

  update(detections: readonly Detection[], encoderCounts: EncoderCounts): TrackUpdate {
    const placed = detections.map((detection) => this.#place(detection, encoderCounts));
    const matches = this.#match(placed);
    const whole: WholeItem[] = [], born: WholeItem[] = [], gone: TrackId[] = [], phantoms: TrackId[] = [], still: BoxPx[] = [];
    for (const track of this.#tracks) {
      const seen = matches.get(track);
      if (seen !== undefined && this.#staysBehind(track, seen, encoderCounts)) {
        still.push(this.#dismiss(track, seen, phantoms));
        continue;
      }
      if (seen !== undefined && this.#see(track, seen, encoderCounts)) whole.push(wholeItem(track, seen));
      if (this.#leaves(track, { isSeen: seen !== undefined || placed.some((other) => this.#hides(other, track)), encoderCounts })) gone.push(track.trackId);
    }
    this.#forget(encoderCounts);
    const matched = new Set(matches.values());
    for (const candidate of placed) {
      if (matched.has(candidate) || !this.#isUnknown(candidate, placed)) continue;
      const ghost = this.#ghostOf(candidate, encoderCounts);
      if (ghost !== undefined || this.#spotAt(candidate.detection.boxPx) !== undefined) still.push(this.#dismiss(ghost, candidate, phantoms));
      else born.push(this.#bear(candidate, encoderCounts));
    }
    return { born, whole: [...whole, ...born], gone, phantoms, still };
  }

  /** Which of these `update` would tell as born were they all there is; no note is taken of them. */
  newOf(detections: readonly Detection[], encoderCounts: EncoderCounts): Detection[] {
    const placed = detections.map((detection) => this.#place(detection, encoderCounts));
    const matched = new Set(this.#match(placed).values());
    const isNew = (candidate: Placed): boolean =>
      !matched.has(candidate) && this.#isUnknown(candidate, placed) && this.#ghostOf(candidate, encoderCounts) === undefined && this.#spotAt(candidate.detection.boxPx) === undefined;
    return placed.filter(isNew).map(({ detection }) => detection);
  }

  /** Forgets everything: counts no longer mean the same places. The ids not yet told as gone. */
  reset(): TrackId[] {
    const live = this.#tracks.filter((track) => !track.isGone).map((track) => track.trackId);
    this.#tracks = [];
    this.#spots = [];
    return live;
  }

  #place(detection: Detection, encoderCounts: EncoderCounts): Placed {
    const { calibration } = this.#view;
    const { xMm, yMm, lengthMm, widthMm } = this.#view.placeOf(detection);
    return { detection, position: { positionCounts: positionCountsOf(calibration, xMm, encoderCounts), yMm, lengthMm, widthMm } };
  }

  /** Each track with the detection that fits it best; best pairs first, so that neighbours do not swap. */
  #match(placed: readonly Placed[]): Map<Track, Placed> {
    const pairs: { track: Track; candidate: Placed; score: number }[] = [];
    for (const track of this.#tracks) {
      for (const candidate of placed) {
        const distance = distanceMm(track.position, candidate.position, this.#countsPerMm);
        if (distance > this.#options.gateMm && !this.#hides(candidate, track) && !this.#isPartOf(candidate, track) && !hasKept(track, candidate)) continue;
        pairs.push({ track, candidate, score: iouOnBelt(track.position, candidate.position, this.#countsPerMm) - distance / SCORE_MM });
      }
    }
    pairs.sort((a, b) => b.score - a.score || a.track.trackId - b.track.trackId);
    const matches = new Map<Track, Placed>();
    const taken = new Set<Placed>();
    for (const { track, candidate } of pairs) {
      if (matches.has(track) || taken.has(candidate)) continue;
      matches.set(track, candidate);
      taken.add(candidate);
    }
    return matches;
  }

  /** It is whole, and neither an item's place nor a bit of one. */
  #isUnknown(candidate: Placed, placed: readonly Placed[]): boolean {
    return candidate.detection.isWhole && !this.#isKnownPlace(candidate) && !this.#isFragment(candidate, placed);
  }

  /** Takes note of a sighting; true when the item is whole and its outline the one it is known by. */
  #see(track: Track, seen: Placed, encoderCounts: EncoderCounts): boolean {
    track.boxPx = seen.detection.boxPx;
    track.seenAtCounts = encoderCounts;
    if (!seen.detection.isWhole || track.isGone || track.kept > 0) return false;
    if (sizeRatio(track.position, seen.position) < SAME_SIZE) {
      const isMerged = this.#tracks.some((other) => other !== track && this.#hides(seen, other));
      if (isMerged || ++track.changed < this.#options.changeFrames) return false;
      track.sightings = 0;
    }
    track.changed = 0;
    const weight = 1 / Math.min(++track.sightings, POSITION_WEIGHT);
    track.position = mean(track.position, seen.position, weight);
    return true;
  }

  /** True, once, when no whole sighting of the track can follow. */
  #leaves(track: Track, now: { isSeen: boolean; encoderCounts: EncoderCounts }): boolean {
    const visibility = this.#visibility(track, now.encoderCounts);
    if (now.isSeen) track.missed = 0;
    else if (visibility === 'whole' || visibility === 'before') track.missed++;
    const leaves = visibility === 'leaving' || visibility === 'past' || track.missed > this.#options.maxMissedFrames;
    if (!leaves || track.isGone) return false;
    track.isGone = true;
    return true;
  }

  #forget(encoderCounts: EncoderCounts): void {
    this.#tracks = this.#tracks.filter((track) => track.missed <= this.#options.forgetFrames && this.#visibility(track, encoderCounts) !== 'past');
    this.#spots = this.#spots.filter((spot) => --spot.framesLeft > 0);
  }

  #visibility(track: Track, encoderCounts: EncoderCounts): Visibility {
    const { positionCounts, ...rest } = track.position;
    return this.#view.visibility({ xMm: (encoderCounts - positionCounts) / this.#countsPerMm, ...rest }, EDGE_PX);
  }

  /** The track that the belt should have moved from where the candidate is: it kept its place in the picture instead, so it is no item. */
  #ghostOf({ detection: { boxPx } }: Placed, encoderCounts: EncoderCounts): Track | undefined {
    const gateCounts = this.#options.gateMm * this.#countsPerMm;
    return this.#tracks.find((track) => track.missed > 0 && Math.abs(encoderCounts - track.seenAtCounts) > gateCounts && iouPx(track.boxPx, boxPx) > SAME_SPOT);
  }

  #spotAt(boxPx: BoxPx): { boxPx: BoxPx; framesLeft: number } | undefined {
    return this.#spots.find((known) => iouPx(known.boxPx, boxPx) > SAME_SPOT);
  }

  /** Whether the belt has moved under it again and again, and it did not. Slip and an encoder's single jump are no proof. */
  #staysBehind(track: Track, { detection: { boxPx, isWhole } }: Placed, encoderCounts: EncoderCounts): boolean {
    const movedMm = Math.abs(encoderCounts - track.anchor.counts) / this.#countsPerMm;
    if (!isWhole || movedMm < CARRIED_MM) return false;
    const isKept = centreDistancePx(track.anchor.boxPx, boxPx) < KEPT_SHARE * movedMm * this.#view.pxPerMm;
    track.anchor = { boxPx, counts: encoderCounts };
    track.kept = isKept ? track.kept + 1 : 0;
    return track.kept >= KEPT_TIMES;
  }

  /** Ends a track, where there is one, that is no item, and remembers its spot for a while; the box there. */
  #dismiss(phantom: Track | undefined, { detection: { boxPx } }: Placed, phantoms: TrackId[]): BoxPx {
    const spot = this.#spotAt(boxPx);
    if (spot === undefined) this.#spots.push({ boxPx, framesLeft: SPOT_FRAMES });
    else spot.framesLeft = SPOT_FRAMES;
    this.#tracks = this.#tracks.filter((track) => track !== phantom);
    if (phantom?.isGone === false) phantoms.push(phantom.trackId);
    return boxPx;
  }

  /** The detection lies over the track's place. */
  #hides(candidate: Placed, track: Track): boolean {
    return shareCovered(track.position, candidate.position, this.#countsPerMm) >= COVERED;
  }

  /** The detection lies within the track's place. */
  #isPartOf(candidate: Placed, track: Track): boolean {
    return shareCovered(candidate.position, track.position, this.#countsPerMm) >= COVERED;
  }

  #isKnownPlace(candidate: Placed): boolean {
    return this.#tracks.some((track) => this.#isPartOf(candidate, track));
  }

  /** A bit of a larger thing, or of one that is still coming into the picture. */
  #isFragment(candidate: Placed, placed: readonly Placed[]): boolean {
    return placed.some((other) => {
      if (other === candidate) return false;
      const gap = gapMm(candidate.position, other.position, this.#countsPerMm);
      const isUpstream = other.position.positionCounts > candidate.position.positionCounts;
      if (!other.detection.isWhole && isUpstream) return gap < this.#options.gateMm;
      return gap < FRAGMENT_GAP_MM && candidate.detection.areaPx < FRAGMENT_SHARE * other.detection.areaPx;
    });
  }

  #bear(candidate: Placed, encoderCounts: EncoderCounts): WholeItem {
    const track: Track = {
      trackId: ++this.#lastTrackId, position: candidate.position, boxPx: candidate.detection.boxPx, seenAtCounts: encoderCounts,
      anchor: { boxPx: candidate.detection.boxPx, counts: encoderCounts }, kept: 0, sightings: 1, missed: 0, changed: 0, isGone: false,
    };
    this.#tracks.push(track);
    return wholeItem(track, candidate);
  }
}

/** It did not move with the belt before, and does not now. */
function hasKept(track: Track, { detection }: Placed): boolean {
  return track.kept > 0 && iouPx(track.boxPx, detection.boxPx) > SAME_SPOT;
}

function centreDistancePx(a: BoxPx, b: BoxPx): number {
  return Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
}

function wholeItem(track: Track, { detection }: Placed): WholeItem {
  return { trackId: track.trackId, position: track.position, detection };
}

function mean(known: BeltPosition, seen: BeltPosition, weight: number): BeltPosition {
  const between = (a: number, b: number): number => a + weight * (b - a);
  return {
    positionCounts: between(known.positionCounts, seen.positionCounts), yMm: between(known.yMm, seen.yMm),
    lengthMm: between(known.lengthMm, seen.lengthMm), widthMm: between(known.widthMm, seen.widthMm),
  };
}
