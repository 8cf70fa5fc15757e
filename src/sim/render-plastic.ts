// Plastic: drink bottles with cap and label, white jugs, coloured bottles, lids and tubs. Softer than glass: milky walls, ribs,
// broad gloss, saturated colours.
import type { Bgr, PaintFacts, Shader } from './render-paint.ts';
import { bump, coverage, facets, layeredNoise, mixColour, setColour, sheetOutline, smoothStep, turnedOutline, varied } from './render-paint.ts';
import { pictureBlock, textLines } from './render-print.ts';

const LIDS: readonly Bgr[] = [[60, 120, 40], [50, 105, 30], [40, 180, 230], [60, 190, 225], [80, 140, 50]];
const CAPS: readonly Bgr[] = [[60, 140, 50], [232, 234, 234], [190, 100, 30], [215, 150, 60]];
const LABELS: readonly Bgr[] = [[200, 120, 20], [220, 160, 60], [190, 90, 20], [200, 150, 30]];
const MILKY: readonly Bgr[] = [[218, 226, 228], [214, 220, 222], [224, 228, 226]];
const SOLID: readonly Bgr[] = [[40, 185, 235], [60, 200, 240], [225, 180, 110]];
const CLEAR: readonly Bgr[] = [[226, 206, 176], [230, 208, 166], [218, 204, 184]];
const TUBS: readonly Bgr[] = [[200, 110, 20], [215, 150, 60], [40, 190, 235], [60, 180, 240]];

export function paintPlastic(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  if (halfLength < 1.25 * halfWidth) return random.next() < 0.55 ? lid(facts) : tub(facts);
  const choice = random.next();
  if (choice < 0.7) return drinkBottle(facts);
  return choice < 0.8 ? solidBottle(facts, random.pick(MILKY)) : solidBottle(facts, random.pick(SOLID));
}

function lid({ random, halfLength, halfWidth }: PaintFacts): Shader {
  const colour = varied(random, random.pick(LIDS), 14);
  const rim = random.between(0.86, 0.92);
  const lightX = random.between(-1, 1), lightY = random.between(-1, 1);
  const size = Math.min(halfLength, halfWidth);
  const wear = layeredNoise(random, 20, 3), mark = layeredNoise(random, 9, 2), hasMark = random.next() < 0.5;
  return (x, y, pixel) => {
    const u = x / halfLength, v = y / halfWidth;
    const radius = Math.hypot(u, v);
    pixel.opacity = coverage((radius - 1) * size);
    if (pixel.opacity === 0) return;
    const towards = (u * lightX + v * lightY) / (radius + 0.01);
    const light = 0.9 + 0.08 * towards * bump(radius - rim, 0.05) + 0.1 * (u * lightX + v * lightY) + 0.04 * wear(x, y) - 0.16 * smoothStep(0.9, 1, radius) * (1 - 0.5 * towards);
    setColour(pixel, colour, light + (hasMark && radius < 0.5 ? 0.05 * smoothStep(0, 0.1, mark(x, y)) : 0));
  };
}

function tub(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  const colour = varied(random, random.pick(TUBS), 10);
  const outline = sheetOutline(facts, { cornerMm: halfWidth * random.between(0.25, 0.6), roughMm: 0 });
  const wall = halfWidth * random.between(0.18, 0.3);
  const folds = layeredNoise(random, 24, 3);
  return (x, y, pixel) => {
    const distance = outline(x, y);
    pixel.opacity = coverage(distance);
    if (pixel.opacity === 0) return;
    const side = (x / halfLength + y / halfWidth) / 2;
    const inWall = distance > -wall && distance < -4;
    let light = 0.95 + 0.04 * folds(x, y) + (inWall ? 0.16 * side - 0.1 : 0.03 * side);
    light += 0.16 * bump(distance + 2, 1.4) - 0.22 * bump(distance + 4.2, 0.9) - 0.12 * bump(distance + wall, 1.2);
    if (distance < -wall) light += 0.06 * Math.sign(Math.sin(distance * 0.9)) * bump(distance + wall + 8, 7);
    setColour(pixel, colour, light);
    mixColour(pixel, [255, 255, 255], 0.5 * bump(distance + wall * 0.6, 1.6) * Math.max(0, -side));
  };
}

function drinkBottle(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  const half = bottleProfile(facts, { neck: 0.36, ribMm: random.between(0.4, 1.2) });
  const outline = turnedOutline(halfLength, half);
  const body = varied(random, random.pick(CLEAR), 6), cap = varied(random, random.pick(CAPS), 12), label = varied(random, random.pick(LABELS), 16);
  const labelFrom = halfLength * random.between(-0.35, -0.1), labelTo = labelFrom + halfLength * random.between(0.35, 0.55), hasLabel = random.next() < 0.75;
  const face = { left: labelFrom, top: -halfWidth * 0.6, right: labelTo, bottom: halfWidth * 0.6 };
  const text = textLines(random, { area: face, heightMm: random.between(4, 8), ink: [244, 244, 244], strength: 0.9 });
  const crumple = facets(facts, random.between(12, 20)), fine = layeredNoise(random, 9, 2);
  const capFrom = halfLength - Math.min(12, halfLength * 0.18);
  return (x, y, pixel) => {
    pixel.opacity = coverage(outline(x, y));
    if (pixel.opacity === 0) return;
    const share = y / Math.max(1, half(x));
    const round = Math.sqrt(Math.max(0, 1 - share * share));
    if (x > capFrom) return setColour(pixel, cap, 0.62 + 0.4 * round + 0.08 * Math.sign(Math.sin(y * 2.6)) - 0.3 * bump(x - capFrom, 0.8));
    if (hasLabel && x > labelFrom && x < labelTo) {
      setColour(pixel, label, 1);
      text(x, y, pixel);
      const light = 0.66 + 0.36 * round + 0.22 * bump(share + 0.4, 0.16) + 0.05 * crumple.light(x, y);
      pixel.blue *= light; pixel.green *= light; pixel.red *= light;
      return;
    }
    const tilt = crumple.light(x, y);
    const ribs = Math.sin((x / 5.5) * 2 * Math.PI);
    setColour(pixel, body, 0.88 + 0.1 * round + 0.07 * tilt + 0.07 * ribs * round + 0.06 * fine(x, y) - 0.1 * crumple.crease());
    mixColour(pixel, [120, 112, 96], 0.3 * Math.abs(share) ** 6 + 0.16 * Math.max(0, -ribs) * bump(share, 0.6));
    mixColour(pixel, [255, 255, 255], Math.min(0.85, 0.5 * bump(share + 0.42, 0.1) * (0.6 + 0.5 * ribs) + 0.5 * smoothStep(0.55, 0.9, tilt)));
    pixel.opacity *= 0.95;
  };
}

function solidBottle(facts: PaintFacts, tint: Bgr): Shader {
  const { random, halfLength, halfWidth } = facts;
  const half = bottleProfile(facts, { neck: random.between(0.36, 0.5), ribMm: 0 });
  const outline = turnedOutline(halfLength, half);
  const body = varied(random, tint, 8), cap = varied(random, random.pick(CAPS), 12);
  const capFrom = halfLength - Math.min(16, halfLength * 0.22);
  const from = halfLength * random.between(-0.65, -0.5), to = halfLength * random.between(0, 0.2);
  const area = { left: from, top: -halfWidth * 0.6, right: to, bottom: halfWidth * 0.6 };
  const picture = pictureBlock(random, area), text = textLines(random, { area, heightMm: random.between(3, 7), ink: [240, 240, 240], strength: 0.9 });
  const hasLabel = random.next() < 0.7;
  const dents = layeredNoise(random, 30, 2);
  return (x, y, pixel) => {
    pixel.opacity = coverage(outline(x, y));
    if (pixel.opacity === 0) return;
    const share = y / Math.max(1, half(x));
    const round = Math.sqrt(Math.max(0, 1 - share * share));
    const light = 0.66 + 0.32 * round + 0.07 * dents(x, y) - 0.1 * Math.max(0, share);
    const isCap = x > capFrom;
    setColour(pixel, isCap ? cap : body, light - (isCap ? 0.3 * bump(x - capFrom, 0.8) - 0.07 * Math.sign(Math.sin(y * 2.4)) : 0));
    if (hasLabel && !isCap) {
      picture(x, y, pixel);
      text(x, y, pixel);
    }
    mixColour(pixel, [255, 255, 255], 0.4 * bump(share + 0.45 + 0.06 * dents(x, 7), 0.12));
  };
}

function bottleProfile({ random, halfLength, halfWidth }: PaintFacts, { neck, ribMm }: { neck: number; ribMm: number }): (x: number) => number {
  const shoulder = halfLength * random.between(0.3, 0.5), neckFrom = halfLength * random.between(0.7, 0.78);
  return (x) => {
    const body = halfWidth - ribMm * (0.5 + 0.5 * Math.sin((x / 5.5) * 2 * Math.PI)) * (x < shoulder ? 1 : 0);
    return body - (halfWidth - halfWidth * neck) * smoothStep(shoulder, neckFrom, x) - 5 * smoothStep(-halfLength + 7, -halfLength, x);
  };
}
