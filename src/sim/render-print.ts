// What is printed on labels, sheets and wrappers: lines of words, blocks of colour, bar codes. Read by nobody, but without it
// nothing looks like packaging.
import type { Random } from '../base/random.ts';
import type { Millimetres } from '../base/units.ts';
import type { Bgr, Pixel } from './render-paint.ts';
import { mixColour, noise, PRINT_COLOURS, varied } from './render-paint.ts';

/** Lays ink over the pixel at (x, y). */
export type Print = (x: Millimetres, y: Millimetres, pixel: Pixel) => void;

export interface Area {
  readonly left: Millimetres;
  readonly top: Millimetres;
  readonly right: Millimetres;
  readonly bottom: Millimetres;
}

/** Lines of words of `heightMm` in `ink`, ragged at the right. */
export function textLines(random: Random, { area, heightMm, ink, strength }: { area: Area; heightMm: Millimetres; ink: Bgr; strength: number }): Print {
  const pitch = heightMm * random.between(1.7, 2.3);
  const words = noise(random, heightMm * 1.1), gaps = noise(random, heightMm * 3.2);
  const ragged = noise(random, pitch * 0.9);
  return (x, y, pixel) => {
    if (x < area.left || x > area.right || y < area.top || y > area.bottom) return;
    const line = Math.floor((y - area.top) / pitch);
    const within = y - area.top - line * pitch;
    if (within > heightMm) return;
    const end = area.right - (area.right - area.left) * 0.35 * Math.max(0, ragged(line * 37, 5));
    if (x > end || gaps(x, line * 61) < -0.35) return;
    mixColour(pixel, ink, strength * Math.min(1, Math.max(0, 0.55 + 0.9 * words(x * 1.6, y * 1.6 + line * 17))));
  };
}

/** A filled block with a soft picture in it. */
export function pictureBlock(random: Random, area: Area): Print {
  const one = varied(random, random.pick(PRINT_COLOURS), 25), other = varied(random, random.pick(PRINT_COLOURS), 25);
  const shapes = noise(random, Math.max(4, (area.right - area.left) / 4)), grain = noise(random, 2.5);
  return (x, y, pixel) => {
    if (x < area.left || x > area.right || y < area.top || y > area.bottom) return;
    mixColour(pixel, one, 0.88);
    mixColour(pixel, other, Math.min(0.9, Math.max(0, 0.4 + 1.4 * shapes(x, y) + 0.25 * grain(x, y))));
  };
}

export function barCode(random: Random, area: Area): Print {
  const bars = noise(random, 0.9);
  return (x, y, pixel) => {
    if (x < area.left || x > area.right || y < area.top || y > area.bottom) return;
    const inset = Math.min(x - area.left, area.right - x, y - area.top, area.bottom - y);
    mixColour(pixel, inset > 1 && bars(x, 0.3) > 0 ? [40, 40, 40] : [228, 230, 232], 0.92);
  };
}

/** A rectangle somewhere within the area, taking up the given shares of its sides. */
export function areaWithin(random: Random, { left, top, right, bottom }: Area, share: { across: number; down: number }): Area {
  const width = (right - left) * share.across, height = (bottom - top) * share.down;
  const x = random.between(left, right - width), y = random.between(top, bottom - height);
  return { left: x, top: y, right: x + width, bottom: y + height };
}
