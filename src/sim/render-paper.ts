// Paper: written and printed sheets, flyers and newspaper, sometimes crumpled.
import type { Bgr, PaintFacts, Shader } from './render-paint.ts';
import { blobOutline, coverage, facets, layeredNoise, PRINT_COLOURS, setColour, sheetOutline, varied } from './render-paint.ts';
import type { Print } from './render-print.ts';
import { areaWithin, pictureBlock, textLines } from './render-print.ts';

const INK: Bgr = [70, 66, 64];

export function paintPaper(facts: PaintFacts): Shader {
  const { random } = facts;
  const kind = random.pick(['sheet', 'sheet', 'sheet', 'flyer', 'newspaper', 'ball'] as const);
  const isBall = kind === 'ball';
  const outline = isBall ? blobOutline(facts, 0.35) : sheetOutline(facts, { cornerMm: random.between(0.5, 2), roughMm: random.between(0.2, 1.6) });
  const paper: Bgr = varied(random, kind === 'newspaper' ? [206, 216, 220] : kind === 'flyer' ? [226, 230, 234] : [230, 233, 235], 6);
  const crumple = facets(facts, isBall ? random.between(13, 20) : random.between(28, 60));
  const fine = isBall ? facets(facts, random.between(6, 9)) : undefined;
  const depth = isBall ? 0.13 : random.between(0.015, 0.06);
  const waves = layeredNoise(random, 50, 2);
  const print = isBall ? undefined : printOn(facts, kind);
  return (x, y, pixel) => {
    const distance = outline(x, y);
    pixel.opacity = coverage(distance);
    if (pixel.opacity === 0) return;
    let light = 1 + 0.05 * waves(x, y) + depth * crumple.light(x, y) - depth * 0.9 * crumple.crease();
    if (fine !== undefined) light += 0.05 * fine.light(x, y) - 0.1 * Math.exp(distance / 5);
    setColour(pixel, paper, 1);
    print?.(x, y, pixel);
    pixel.blue *= light;
    pixel.green *= light;
    pixel.red *= light;
  };
}

function printOn({ random, halfLength, halfWidth }: PaintFacts, kind: 'sheet' | 'flyer' | 'newspaper'): Print {
  const face = { left: -halfLength * 0.86, top: -halfWidth * 0.86, right: halfLength * 0.86, bottom: halfWidth * 0.86 };
  const prints: Print[] = [];
  if (kind === 'newspaper') {
    for (const side of [-1, 1]) {
      const column = { ...face, left: side < 0 ? face.left : halfLength * 0.05, right: side < 0 ? -halfLength * 0.05 : face.right };
      prints.push(textLines(random, { area: { ...column, top: face.top + halfWidth * 0.35 }, heightMm: 1.6, ink: INK, strength: 0.36 }));
    }
    prints.push(textLines(random, { area: { ...face, bottom: face.top + halfWidth * 0.28 }, heightMm: 6, ink: [60, 60, 60], strength: 0.7 }));
    if (random.next() < 0.6) prints.push(pictureBlock(random, areaWithin(random, face, { across: 0.4, down: 0.4 })));
  } else if (kind === 'flyer') {
    const band = { ...face, left: -halfLength, right: halfLength, top: random.pick([-halfWidth, halfWidth * 0.35]), bottom: random.pick([-halfWidth * 0.4, halfWidth]) };
    prints.push(solid(varied(random, random.pick(PRINT_COLOURS), 20), band));
    for (let count = random.integer(1, 3); count > 0; count--) prints.push(pictureBlock(random, areaWithin(random, face, { across: 0.36, down: 0.4 })));
    prints.push(textLines(random, { area: areaWithin(random, face, { across: 0.5, down: 0.3 }), heightMm: 4.5, ink: [60, 50, 150], strength: 0.85 }));
    prints.push(textLines(random, { area: areaWithin(random, face, { across: 0.45, down: 0.35 }), heightMm: 1.8, ink: INK, strength: 0.6 }));
  } else {
    const isFull = random.next() < 0.3;
    prints.push(textLines(random, { area: isFull ? face : areaWithin(random, face, { across: 0.7, down: 0.5 }), heightMm: random.between(1.8, 2.8), ink: INK, strength: random.between(0.22, 0.45) }));
  }
  return (x, y, pixel) => { for (const print of prints) print(x, y, pixel); };
}

function solid(colour: Bgr, { left, top, right, bottom }: { left: number; top: number; right: number; bottom: number }): Print {
  return (x, y, pixel) => { if (x > left && x < right && y > top && y < bottom) setColour(pixel, colour, 1); };
}
