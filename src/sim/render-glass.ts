// Glass: bottles and jars, green, brown or clear, lying on the belt. Dark where one looks along the wall, bright streaks where
// the lamps mirror, a paper label on some.
import type { Bgr, PaintFacts, Shader } from './render-paint.ts';
import { bump, coverage, layeredNoise, mixColour, setColour, smoothStep, turnedOutline, varied } from './render-paint.ts';
import { pictureBlock, textLines } from './render-print.ts';

interface GlassColour { readonly wall: Bgr; readonly through: Bgr; readonly opacity: number }

const COLOURS: readonly GlassColour[] = [
  { wall: [18, 46, 28], through: [58, 118, 84], opacity: 0.97 },
  { wall: [12, 34, 16], through: [30, 84, 50], opacity: 0.98 },
  { wall: [4, 8, 18], through: [14, 30, 62], opacity: 0.98 },
  { wall: [92, 98, 94], through: [186, 194, 192], opacity: 0.94 },
  { wall: [104, 108, 104], through: [200, 206, 206], opacity: 0.94 },
];

export function paintGlass(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  const isJar = halfLength < 1.5 * halfWidth;
  const colour = isJar ? COLOURS[random.integer(3, 4)]! : random.pick(COLOURS);
  const half = isJar ? jarProfile(facts) : bottleProfile(facts);
  const outline = turnedOutline(halfLength, half);
  const wall = varied(random, colour.wall, 6), through = varied(random, colour.through, 10);
  const waves = layeredNoise(random, 26, 3), streakWave = layeredNoise(random, 40, 2);
  const label = random.next() < 0.55 ? labelOn(facts) : undefined;
  const streaks = [random.between(-0.66, -0.42), random.between(0.5, 0.75)] as const;
  const lid = isJar && random.next() < 0.6 ? halfLength * 0.82 : Infinity;
  const lidColour: Bgr = varied(random, random.pick<Bgr>([[150, 160, 166], [40, 40, 170], [70, 160, 190], [60, 60, 60]]), 12);
  return (x, y, pixel) => {
    const distance = outline(x, y);
    pixel.opacity = coverage(distance);
    if (pixel.opacity === 0) return;
    const share = y / Math.max(1, half(x));
    const gloss = 0.95 * bump(share - streaks[0] + 0.05 * streakWave(x, 0), 0.055) + 0.45 * bump(share - streaks[1], 0.035);
    const edge = Math.abs(share) ** 3;
    if (x > lid) {
      setColour(pixel, lidColour, 0.75 + 0.35 * Math.sqrt(Math.max(0, 1 - share * share)) + 0.5 * gloss + 0.08 * Math.sign(Math.sin(y * 2.2)));
      return;
    }
    setColour(pixel, through, 0.86 + 0.2 * waves(x * 0.35, y) + 0.16 * bump(share + 0.1, 0.35));
    mixColour(pixel, wall, Math.min(0.95, 0.8 * edge + 0.55 * bump(Math.abs(share) - 0.8, 0.09)));
    // Thick bottom, shoulder and lip gather the light's colours.
    mixColour(pixel, wall, 0.75 * bump(x + halfLength - 4, 3) + 0.4 * bump(x + halfLength - 11, 2) + 0.5 * bump(x - halfLength + 6, 1.6));
    pixel.opacity *= colour.opacity;
    const isLabelled = label?.(x, y, pixel, share) ?? false;
    mixColour(pixel, [250, 252, 252], Math.min(1, gloss * (isLabelled ? 0.25 : 0.9)));
  };
}

function bottleProfile({ random, halfLength, halfWidth }: PaintFacts): (x: number) => number {
  const shoulder = halfLength * random.between(-0.05, 0.25), neckFrom = shoulder + halfLength * random.between(0.2, 0.4);
  const neck = halfWidth * random.between(0.26, 0.36), lip = halfLength - 7;
  return (x) => {
    const foot = 3 * smoothStep(-halfLength + 4, -halfLength, x);
    const body = halfWidth - (halfWidth - neck) * smoothStep(shoulder, neckFrom, x);
    return body - foot + (x > lip && x < halfLength - 1 ? 1.8 : 0);
  };
}

function jarProfile({ random, halfLength, halfWidth }: PaintFacts): (x: number) => number {
  const shoulder = halfLength * random.between(0.55, 0.68);
  const mouth = halfWidth * random.between(0.8, 0.9);
  return (x) => halfWidth - (halfWidth - mouth) * smoothStep(shoulder, shoulder + 8, x) - 4 * smoothStep(-halfLength + 6, -halfLength, x);
}

function labelOn({ random, halfLength, halfWidth }: PaintFacts): (x: number, y: number, pixel: Parameters<Shader>[2], share: number) => boolean {
  const from = halfLength * random.between(-0.7, -0.5), to = halfLength * random.between(-0.15, 0.1);
  const paper: Bgr = varied(random, random.pick<Bgr>([[206, 222, 228], [224, 226, 226], [52, 60, 130], [60, 110, 150], [44, 44, 44]]), 10);
  const isDark = paper[0] < 120;
  const area = { left: from + 3, top: -halfWidth * 0.7, right: to - 3, bottom: halfWidth * 0.7 };
  const text = textLines(random, { area, heightMm: random.between(2, 5), ink: isDark ? [200, 214, 220] : [60, 60, 90], strength: 0.8 });
  const picture = pictureBlock(random, { ...area, bottom: random.between(-0.2, 0.3) * halfWidth });
  const hasPicture = random.next() < 0.5;
  return (x, y, pixel, share) => {
    if (x < from || x > to || Math.abs(share) > 0.97) return false;
    setColour(pixel, paper, 0.72 + 0.28 * Math.sqrt(Math.max(0, 1 - share * share)));
    if (hasPicture) picture(x, y, pixel);
    text(x, y, pixel);
    return true;
  };
}
