// Metal: drink cans and tins, lying or standing, and crumpled foil. What makes metal metal is hard contrast: bright and dark
// side by side, in stripes along a can and in facets on foil.
import type { Bgr, PaintFacts, Shader } from './render-paint.ts';
import { blobOutline, bump, coverage, facets, layeredNoise, mixColour, noise, setColour, smoothStep, turnedOutline, varied } from './render-paint.ts';
import { pictureBlock, textLines } from './render-print.ts';

const STEEL: Bgr = [182, 186, 186];
/** Drinks are sold in these. */
const CANS: readonly Bgr[] = [[40, 40, 190], [170, 80, 30], [125, 60, 110], [60, 60, 60], [150, 150, 40], [186, 190, 190]];

export function paintMetal(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  if (random.next() < 0.3) return foil(facts);
  if (halfLength < 1.3 * halfWidth && random.next() < 0.6) return standing(facts);
  return random.next() < 0.5 ? drinkCan(facts) : tin(facts);
}

function foil(facts: PaintFacts): Shader {
  const { random } = facts;
  const outline = blobOutline(facts, 0.45);
  const coarse = facets(facts, random.between(11, 16)), fine = facets(facts, random.between(4.5, 6.5));
  const grain = noise(random, 1.3);
  return (x, y, pixel) => {
    const distance = outline(x, y);
    pixel.opacity = coverage(distance);
    if (pixel.opacity === 0) return;
    const tilt = 0.6 * coarse.light(x, y) + 0.75 * fine.light(x, y) + 0.12 * grain(x, y);
    const mirror = smoothStep(-0.75, 0.8, tilt);
    let light = 38 + 150 * mirror + 80 * smoothStep(0.45, 0.9, tilt) - 40 * fine.crease() * (tilt < 0 ? 1 : -0.6);
    light -= 34 * Math.exp(distance / 6);
    setColour(pixel, [light * 0.985, light, light * 1.0], 1);
  };
}

/** Mirrored surroundings across a cylinder, -1 … 1 over its width: dark and bright bands. */
function cylinderLight(random: PaintFacts['random']): (share: number) => number {
  const bright = random.between(-0.55, -0.3), second = random.between(0.35, 0.6), dark = random.between(-0.05, 0.15);
  return (share) => 0.5 + 0.34 * Math.sqrt(Math.max(0, 1 - share * share)) + 0.62 * bump(share - bright, 0.13) + 0.34 * bump(share - second, 0.08)
    - 0.26 * bump(share - dark, 0.13) - 0.34 * bump(Math.abs(share) - 1, 0.16);
}

function drinkCan(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  const dents = layeredNoise(random, 26, 2), depth = random.pick([0.5, 1.5, 3.5]);
  const taper = Math.min(10, halfLength * 0.2);
  const half = (x: number): number => halfWidth * (1 - 0.17 * smoothStep(halfLength - taper, halfLength - 2.5, Math.abs(x))) - depth * 0.5 - depth * 0.5 * dents(x, 3);
  const outline = turnedOutline(halfLength, half);
  const light = cylinderLight(random);
  const print = varied(random, random.pick(CANS), 20);
  const band = varied(random, random.pick([STEEL, [225, 228, 230] as Bgr, ...CANS.slice(0, 2)]), 12);
  const swirl = layeredNoise(random, 34, 2), swirlAt = random.between(-0.3, 0.3);
  const face = { left: -halfLength * 0.55, top: -halfWidth * 0.4, right: halfLength * 0.55, bottom: halfWidth * 0.4 };
  const text = textLines(random, { area: face, heightMm: random.between(5, 10), ink: [236, 238, 240], strength: 0.85 });
  const brushed = noise(random, 0.9);
  return (x, y, pixel) => {
    pixel.opacity = coverage(outline(x, y));
    if (pixel.opacity === 0) return;
    const share = y / half(x) + 0.05 * depth * dents(x, y);
    const shine = light(share) + 0.05 * depth * dents(y, x);
    const fromEnd = halfLength - Math.abs(x);
    if (fromEnd < taper) {
      setColour(pixel, STEEL, shine * (fromEnd < 1.4 ? 1.15 : fromEnd < 3 ? 0.55 : 0.95) + 0.05 * brushed(x, y));
      return;
    }
    setColour(pixel, print, 1);
    if (swirl(x, y) > swirlAt) mixColour(pixel, band, 0.9);
    text(x, y, pixel);
    pixel.blue = pixel.blue * shine + 70 * (shine - 0.75);
    pixel.green = pixel.green * shine + 70 * (shine - 0.75);
    pixel.red = pixel.red * shine + 70 * (shine - 0.75);
  };
}

function tin(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  const ribs = random.between(0.25, 0.6) * halfLength, hasLabel = random.next() < 0.2;
  const outline = turnedOutline(halfLength, (x) => halfWidth - (halfLength - Math.abs(x) < 2 ? 0 : 0.9));
  const light = cylinderLight(random);
  const tarnish = layeredNoise(random, 30, 3), brushed = noise(random, 0.8), dents = noise(random, 24);
  const label = hasLabel ? pictureBlock(random, { left: -ribs, top: -halfWidth, right: ribs, bottom: halfWidth }) : undefined;
  return (x, y, pixel) => {
    pixel.opacity = coverage(outline(x, y));
    if (pixel.opacity === 0) return;
    const share = y / halfWidth;
    const inRibs = Math.abs(x) < ribs && !hasLabel;
    const rib = inRibs ? 0.2 * Math.sin((x / 4.2) * 2 * Math.PI) : 0;
    const shine = light(share + 0.04 * dents(x, y) + 0.04 * rib) + rib * 0.8 + 0.06 * tarnish(x, y) + 0.05 * brushed(x * 0.15, y);
    const fromEnd = halfLength - Math.abs(x);
    setColour(pixel, STEEL, shine * (fromEnd < 1.3 ? 1.2 : fromEnd < 2.6 ? 0.5 : 0.95));
    if (label === undefined || Math.abs(x) >= ribs) return;
    label(x, y, pixel);
    pixel.blue *= shine + 0.1;
    pixel.green *= shine + 0.1;
    pixel.red *= shine + 0.1;
  };
}

/** A can seen from its end: rims, rings and the opening with its tab. */
function standing({ random, halfLength, halfWidth }: PaintFacts): Shader {
  const isOpen = random.next() < 0.35;
  const turn = random.between(-Math.PI, Math.PI), glint = random.between(-Math.PI, Math.PI);
  const brushed = noise(random, 1.1), tarnish = layeredNoise(random, 24, 2);
  const size = Math.min(halfLength, halfWidth);
  return (x, y, pixel) => {
    const radius = Math.hypot(x / halfLength, y / halfWidth);
    pixel.opacity = coverage((radius - 1) * size);
    if (pixel.opacity === 0) return;
    const angle = Math.atan2(y, x) - glint;
    // Turned metal mirrors in two opposite fans.
    const fan = 0.28 * Math.cos(2 * angle) + 0.12 * Math.cos(5 * angle + 1);
    const ring = bump(radius - 0.955, 0.03) * 0.5 - bump(radius - 0.88, 0.03) * 0.55 + bump(radius - 0.8, 0.03) * 0.3 - bump(radius - 0.62, 0.02) * 0.22 + bump(radius - 0.58, 0.02) * 0.2;
    setColour(pixel, STEEL, 0.72 + fan + ring + 0.06 * brushed(radius * 40, angle) + 0.08 * tarnish(x, y));
    const u = (x * Math.cos(turn) + y * Math.sin(turn)) / halfLength, v = (y * Math.cos(turn) - x * Math.sin(turn)) / halfWidth;
    const mouth = Math.hypot((u - 0.36) / 0.27, v / 0.3);
    mixColour(pixel, isOpen ? [28, 30, 30] : [132, 136, 136], smoothStep(1.04, 0.96, mouth) * (isOpen ? 0.95 : 0.35));
    mixColour(pixel, [60, 62, 62], 0.6 * bump(mouth - 1.05, 0.07));
    const tab = Math.max(Math.abs(u + 0.12) - 0.25, Math.abs(v) - 0.14);
    mixColour(pixel, [208, 212, 212], smoothStep(0.02, -0.01, tab) * 0.8);
    mixColour(pixel, [56, 58, 58], 0.7 * bump(tab, 0.02) + 0.7 * smoothStep(0.085, 0.07, Math.hypot(u + 0.22, v)));
  };
}
