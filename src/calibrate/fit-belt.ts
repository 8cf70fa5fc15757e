// Where the belt lies under the camera, and how far it moves per count: from pictures of a flat target that rides on it. All
// pictures are explained at once, by one homography from pixels to the target and one shift of the target per count:
//
//   homography(pixel of corner j in picture i)  =  corner j on the target  +  counts of picture i · shift
//
// The direction of the shift is the direction of travel, its length the mm per count; a target laid askew does no harm.
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import type { SizePx } from '../domain/frame.ts';
import type { Homography } from '../domain/homography.ts';
import { chain, mapPoint, rigid } from '../domain/homography.ts';
import type { Lens, PixelPoint } from '../domain/lens.ts';
import { undistortPx } from '../domain/lens.ts';
import { fitHomography, normalised } from './fit-homography.ts';
import type { PlanePoint, PointPair } from './fit-homography.ts';
import { leastSquares } from './least-squares.ts';

/** A picture in which the target was found. */
export interface TargetView {
  /** For messages: a file, or the number of the picture. */
  readonly name: string;
  readonly encoderCounts: EncoderCounts;
  /** In the order of the target's corners, px of the frame. */
  readonly corners: readonly PixelPoint[];
}

export interface BeltFitInput {
  readonly views: readonly TargetView[];
  /** The corners on the target, mm. */
  readonly target: readonly PlanePoint[];
  readonly lens: Lens | undefined;
  readonly frameSize: SizePx;
  /** Where the corner nearest to the belt's origin lay in the first view, mm. What is left out begins with the picture: none of it has a coordinate below 0. */
  readonly cornerMm?: { readonly xMm?: Millimetres | undefined; readonly yMm?: Millimetres | undefined } | undefined;
}

export interface BeltFit {
  /** Row-major, from pixels as a perfect lens would show them to mm. */
  readonly pixelToBelt: Homography;
  readonly countsPerMm: number;
  /** Standard deviation of `countsPerMm`, share of it. */
  readonly countsPerMmDeviation: number;
  /** Distances of the corners from where the fit has them: how flat target and belt are, and how evenly it moves. */
  readonly rmsMm: Millimetres;
  readonly worstMm: Millimetres;
  readonly worstView: string;
  /** How far the target travelled between the views. */
  readonly travelMm: Millimetres;
  /** Share of the picture's width across travel that the target passed over, 0 to 1. */
  readonly acrossShare: number;
}

/** Undefined where the views do not fix it: one view, no travel, or corners in one line. */
export function fitBelt({ views, target, lens, frameSize, cornerMm }: BeltFitInput): BeltFit | undefined {
  const first = views[0];
  if (first === undefined || views.length < 2) return undefined;
  const sightings = turnedAlike(views, lens);
  const start = fitHomography(sightings[0]!.map((from, index) => ({ from, to: target[index]! })));
  const counts = views.map(({ encoderCounts }) => encoderCounts - first.encoderCounts);
  const longest = counts.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  if (start === undefined || longest === 0) return undefined;
  const shares = counts.map((value) => value / longest);
  const firstGuess = shiftOf(sightings, target, start.homography, shares);
  const joint = leastSquares([...start.homography.slice(0, 8), firstGuess.x, firstGuess.y], (p) => {
    const h = [...p.slice(0, 8), 1];
    return sightings.flatMap((points, view) => points.flatMap(({ x, y }, index) => {
      const mapped = mapPoint(h, x, y);
      return [mapped.x - target[index]!.x - shares[view]! * p[8]!, mapped.y - target[index]!.y - shares[view]! * p[9]!];
    }));
  });
  if (joint === undefined) return undefined;
  const [shiftX, shiftY] = [joint.parameters[8]!, joint.parameters[9]!];
  const lengthMm = Math.hypot(shiftX, shiftY);
  const countsPerMm = Math.abs(longest) / lengthMm;
  // Counts that fall would mean an encoder wired backwards; travel is then still where the belt goes.
  const direction = Math.atan2(shiftY, shiftX) + (longest < 0 ? Math.PI : 0);
  // A mirror in the light's path shows the target left for right: y still grows to the right of travel in the picture.
  const isMirrored = determinantSign([...joint.parameters.slice(0, 8), 1]) < 0;
  const toTravel = isMirrored ? chain([1, 0, 0, 0, -1, 0, 0, 0, 1], rigid(-direction, 0, 0)) : rigid(-direction, 0, 0);
  const turned = chain(toTravel, [...joint.parameters.slice(0, 8), 1]);
  const origin = originOf({ turned, toTravel, target, lens, frameSize, cornerMm });
  const pixelToBelt = normalised(chain([1, 0, -origin.x, 0, 1, -origin.y, 0, 0, 1], turned));
  const residuals = views.map((_, view) => sightings[view]!.map(({ x, y }, index) => {
    const mapped = mapPoint([...joint.parameters.slice(0, 8), 1], x, y);
    return Math.hypot(mapped.x - target[index]!.x - shares[view]! * shiftX, mapped.y - target[index]!.y - shares[view]! * shiftY);
  }));
  const worstOfView = residuals.map((distances) => Math.max(...distances));
  const worstMm = Math.max(...worstOfView);
  return {
    pixelToBelt, countsPerMm,
    countsPerMmDeviation: Math.hypot(joint.deviations[8]! * shiftX, joint.deviations[9]! * shiftY) / (lengthMm * lengthMm),
    rmsMm: joint.rms * Math.SQRT2, worstMm, worstView: views[worstOfView.indexOf(worstMm)]!.name,
    travelMm: (Math.max(...counts) - Math.min(...counts)) / countsPerMm,
    acrossShare: acrossShareOf(sightings.flat(), pixelToBelt, lens, frameSize),
  };
}

function determinantSign([a, b, c, d, e, f, g, h, i]: readonly number[]): number {
  return Math.sign(a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!));
}

/** The homography alone, from points whose place on the belt was measured with a tape. */
export function fitBeltPoints(points: readonly { readonly pixel: PixelPoint; readonly xMm: Millimetres; readonly yMm: Millimetres }[], lens: Lens | undefined): { pixelToBelt: Homography; rmsMm: Millimetres } | undefined {
  const pairs: PointPair[] = points.map(({ pixel, xMm, yMm }) => ({ from: straight(pixel, lens), to: { x: xMm, y: yMm } }));
  const fit = fitHomography(pairs);
  return fit === undefined ? undefined : { pixelToBelt: fit.homography, rmsMm: fit.rms };
}

function straight({ u, v }: PixelPoint, lens: Lens | undefined): PlanePoint {
  const point = lens === undefined ? { u, v } : undistortPx(lens, u, v);
  return { x: point.u, y: point.v };
}

/** Straightened corners. A target that looks the same upside down may be found from either end: all as in the first view. */
function turnedAlike(views: readonly TargetView[], lens: Lens | undefined): PlanePoint[][] {
  const all = views.map(({ corners }) => corners.map((corner) => straight(corner, lens)));
  const alongOf = (points: readonly PlanePoint[]): PlanePoint => ({ x: points.at(-1)!.x - points[0]!.x, y: points.at(-1)!.y - points[0]!.y });
  const reference = alongOf(all[0]!);
  return all.map((points) => {
    const along = alongOf(points);
    return along.x * reference.x + along.y * reference.y >= 0 ? points : points.toReversed();
  });
}

/** Mean shift of the corners over the whole travel, as the first view's homography sees it. */
function shiftOf(sightings: readonly (readonly PlanePoint[])[], target: readonly PlanePoint[], homography: Homography, shares: readonly number[]): PlanePoint {
  let x = 0, y = 0, weight = 0;
  sightings.forEach((points, view) => points.forEach((point, index) => {
    const mapped = mapPoint(homography, point.x, point.y);
    x += shares[view]! * (mapped.x - target[index]!.x);
    y += shares[view]! * (mapped.y - target[index]!.y);
    weight += shares[view]! ** 2;
  }));
  return { x: x / weight, y: y / weight };
}

interface OriginInput {
  readonly turned: Homography;
  readonly toTravel: Homography;
  readonly target: readonly PlanePoint[];
  readonly lens: Lens | undefined;
  readonly frameSize: SizePx;
  readonly cornerMm: BeltFitInput['cornerMm'];
}

/** Where the belt's origin lies in the turned plane of the target. */
function originOf({ turned, toTravel, target, lens, frameSize, cornerMm }: OriginInput): PlanePoint {
  const corners = target.map(({ x, y }) => mapPoint(toTravel, x, y));
  const nearest = corners.reduce((best, corner) => (corner.x + corner.y < best.x + best.y ? corner : best));
  const border = borderOf(frameSize, lens).map(({ x, y }) => mapPoint(turned, x, y));
  return {
    x: cornerMm?.xMm === undefined ? Math.min(...border.map(({ x }) => x)) : nearest.x - cornerMm.xMm,
    y: cornerMm?.yMm === undefined ? Math.min(...border.map(({ y }) => y)) : nearest.y - cornerMm.yMm,
  };
}

function acrossShareOf(points: readonly PlanePoint[], pixelToBelt: Homography, lens: Lens | undefined, frameSize: SizePx): number {
  const extent = (plane: readonly PlanePoint[]): number => {
    const across = plane.map(({ x, y }) => mapPoint(pixelToBelt, x, y).y);
    return Math.max(...across) - Math.min(...across);
  };
  return extent(points) / extent(borderOf(frameSize, lens));
}

/** Points round the picture's edge, straightened. */
function borderOf({ width, height }: SizePx, lens: Lens | undefined): PlanePoint[] {
  const steps = [0, 0.25, 0.5, 0.75, 1];
  return steps.flatMap((step) => [[step * width, 0], [step * width, height], [0, step * height], [width, step * height]] as const)
    .map(([u, v]) => straight({ u, v }, lens));
}
