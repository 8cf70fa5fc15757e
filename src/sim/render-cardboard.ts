// Cardboard: pieces of brown corrugated boxes, folded, taped, printed and torn.
import type { Bgr, PaintFacts, Shader } from './render-paint.ts';
import { coverage, layeredNoise, mixColour, noise, setColour, sheetOutline, smoothStep, varied } from './render-paint.ts';
import type { Print } from './render-print.ts';
import { areaWithin, barCode, textLines } from './render-print.ts';

const KRAFT: readonly Bgr[] = [[92, 136, 176], [104, 150, 190], [84, 122, 160], [118, 160, 196]];
const INNER: Bgr = [132, 172, 204];
const TAPE: Bgr = [118, 166, 202];
const FLUTE_MM = 3.2;

export function paintCardboard(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  const outline = sheetOutline(facts, { cornerMm: random.between(0.5, 3), roughMm: random.between(0.6, 4) });
  const kraft = varied(random, random.pick(KRAFT), 8);
  const fibres = noise(random, 1.6), stains = layeredNoise(random, 40, 3), dents = noise(random, 22);
  const fold = random.between(-0.6, 0.6) * halfLength, foldSlant = random.between(-0.06, 0.06);
  const farSide = random.pick([0.8, 0.9, 1.08]);
  const flap = random.next() < 0.6 ? random.between(0.35, 0.75) * halfWidth : Infinity;
  const tape = random.next() < 0.45 ? random.between(-0.5, 0.5) * halfWidth : undefined;
  const isInside = random.next() < 0.3;
  const torn = random.next() < 0.6 ? halfLength * random.between(0.8, 0.95) : Infinity;
  const tear = layeredNoise(random, 12, 2);
  const print = printOn(facts);
  return (x, y, pixel) => {
    const distance = outline(x, y);
    pixel.opacity = coverage(distance);
    if (pixel.opacity === 0) return;
    const flutes = Math.sin((x / FLUTE_MM) * 2 * Math.PI);
    let light = 1 + 0.022 * flutes + 0.05 * fibres(x * 0.3, y) + 0.09 * stains(x, y) + 0.05 * dents(x, y);
    const fromFold = x - fold - foldSlant * y;
    if (fromFold > 0) light *= farSide;
    light *= 1 - 0.3 * Math.exp(-Math.abs(fromFold) / 0.9) + 0.08 * Math.exp(-Math.abs(fromFold - 2) / 1.2);
    if (y > flap) light *= 0.86 - 0.22 * Math.exp(-(y - flap) / 3);
    setColour(pixel, isInside && fromFold > 0 ? INNER : kraft, light);
    print(x, y, pixel);
    // Where the liner is torn off, the fluting shows.
    if (x + 5 * tear(x, y) > torn) setColour(pixel, INNER, 0.86 + 0.2 * flutes);
    if (tape !== undefined && Math.abs(y - tape) < 11) mixColour(pixel, [TAPE[0] * light * 1.06, TAPE[1] * light * 1.06, TAPE[2] * light * 1.06], 0.75 + 0.2 * smoothStep(9.5, 11, Math.abs(y - tape)));
    // The cut edge is thick, and lit from one side.
    if (distance > -1.8) mixColour(pixel, y > 0 ? [58, 88, 118] : [140, 182, 212], 0.55);
  };
}

function printOn({ random, halfLength, halfWidth }: PaintFacts): Print {
  const face = { left: -halfLength * 0.85, top: -halfWidth * 0.8, right: halfLength * 0.85, bottom: halfWidth * 0.8 };
  const prints: Print[] = [];
  if (random.next() < 0.4) prints.push(textLines(random, { area: areaWithin(random, face, { across: 0.5, down: 0.25 }), heightMm: random.between(4, 9), ink: [48, 58, 70], strength: 0.75 }));
  if (random.next() < 0.2) prints.push(barCode(random, areaWithin(random, face, { across: 0.28, down: 0.3 })));
  return (x, y, pixel) => { for (const print of prints) print(x, y, pixel); };
}
