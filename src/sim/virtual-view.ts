// How the virtual camera looks at the virtual belt: the exact geometry behind its pictures. The renderer draws by it, tests and
// the calibration bench compare with it. Without a `view` the camera looks straight down through a perfect lens.
//
//   belt (x, y) mm ── lean and turn about the middle of the picture, away by the height ──▶ camera ── lens ──▶ px
import type { VirtualBeltCameraOptions } from '../camera/options.ts';
import type { Calibration } from '../domain/calibration.ts';
import { pixelToBeltMm } from '../domain/calibration.ts';
import type { SizePx } from '../domain/frame.ts';
import { chain, inverse } from '../domain/homography.ts';
import type { Lens } from '../domain/lens.ts';
import { PX_PER_MM } from './render-frame.ts';

export type ViewOptions = Pick<VirtualBeltCameraOptions, 'width' | 'height' | 'view'>;

export type TrueGeometry = Required<Pick<Calibration, 'pixelToBelt'>> & Pick<Calibration, 'lens'>;

export function trueGeometryOf(options: ViewOptions): TrueGeometry {
  const lens = trueLensOf(options);
  if (options.view === undefined || lens === undefined) return { lens: undefined, pixelToBelt: [1 / PX_PER_MM, 0, 0, 0, 1 / PX_PER_MM, 0, 0, 0, 1] };
  const { width, height, view } = options;
  const { tiltAlongDeg, tiltAcrossDeg, turnDeg, heightMm } = view;
  const [r11, r12, , r21, r22, , r31, r32] = rotation(tiltAcrossDeg, tiltAlongDeg, turnDeg) as [number, number, number, number, number, number, number, number, number];
  const middle = [1, 0, -width / 2 / PX_PER_MM, 0, 1, -height / 2 / PX_PER_MM, 0, 0, 1];
  const toCamera = [r11, r12, 0, r21, r22, 0, r31, r32, heightMm];
  return { lens, pixelToBelt: scaledToOne(inverse(chain(chain(matrixOf(lens), toCamera), middle))) };
}

/** The true lens; undefined for the straight camera, which has none to speak of. */
export function trueLensOf({ width, height, view }: ViewOptions): Lens | undefined {
  if (view === undefined) return undefined;
  const focalPx = view.heightMm * PX_PER_MM;
  return { focalPx: [focalPx, focalPx], centrePx: [width / 2, height / 2], distortion: [view.k1, view.k2, view.p1, view.p2, view.k3] };
}

/** Camera matrix of a lens. */
export function matrixOf({ focalPx: [fx, fy], centrePx: [cx, cy] }: Lens): number[] {
  return [fx, 0, cx, 0, fy, cy, 0, 0, 1];
}

/** Row-major rotation: about the camera's horizontal axis, its vertical axis, then its line of sight; degrees. */
export function rotation(aboutHorizontalDeg: number, aboutVerticalDeg: number, aboutSightDeg: number): number[] {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [a, b, c] = [radians(aboutHorizontalDeg), radians(aboutVerticalDeg), radians(aboutSightDeg)];
  const horizontal = [1, 0, 0, 0, Math.cos(a), -Math.sin(a), 0, Math.sin(a), Math.cos(a)];
  const vertical = [Math.cos(b), 0, Math.sin(b), 0, 1, 0, -Math.sin(b), 0, Math.cos(b)];
  return chain([Math.cos(c), -Math.sin(c), 0, Math.sin(c), Math.cos(c), 0, 0, 0, 1], chain(vertical, horizontal));
}

/** The part of the belt that a picture shows, mm, with a little room. */
export function beltExtentOf(geometry: TrueGeometry, { width, height }: SizePx): { fromXMm: number; fromYMm: number; toXMm: number; toYMm: number } {
  const border = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [[share * width, 0], [share * width, height], [0, share * height], [width, share * height]] as const);
  const places = border.map(([u, v]) => pixelToBeltMm(geometry, u, v));
  const xs = places.map(({ xMm }) => xMm), ys = places.map(({ yMm }) => yMm);
  const room = 10;
  return { fromXMm: Math.min(...xs) - room, fromYMm: Math.min(...ys) - room, toXMm: Math.max(...xs) + room, toYMm: Math.max(...ys) + room };
}

function scaledToOne(homography: readonly number[]): number[] {
  return homography.map((value) => value / homography[8]!);
}
