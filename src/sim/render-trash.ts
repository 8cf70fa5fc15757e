// Trash: what no bin takes back. Crumpled wrappers and bags with crimped ends and loud print, and soiled tissue.
import type { Bgr, PaintFacts, Shader } from './render-paint.ts';
import { blobOutline, bump, coverage, facets, layeredNoise, mixColour, noise, setColour, sheetOutline, smoothStep, varied } from './render-paint.ts';
import { areaWithin, barCode, pictureBlock, textLines } from './render-print.ts';

const CRIMP_MM = 9;
/** Colours that sell sweets and crisps. */
const FILMS: readonly Bgr[] = [[40, 150, 215], [30, 190, 225], [40, 120, 190], [30, 30, 165], [60, 60, 190], [165, 90, 40], [60, 140, 60], [60, 110, 200]];

export function paintTrash(facts: PaintFacts): Shader {
  return facts.random.next() < 0.9 ? wrapper(facts) : tissue(facts);
}

function wrapper(facts: PaintFacts): Shader {
  const { random, halfLength, halfWidth } = facts;
  const sheet = sheetOutline(facts, { cornerMm: 2, roughMm: random.between(1.5, 4) });
  const pinch = layeredNoise(random, 30, 2), pinchMm = halfWidth * random.between(0.12, 0.3);
  const outline = (x: number, y: number): number => Math.max(sheet(x, y), Math.abs(y) - halfWidth + pinchMm * (0.5 + 0.7 * pinch(x, Math.sign(y) * 20)));
  const colour = varied(random, random.pick(FILMS), 18);
  const foilInside: Bgr = [150, 158, 162];
  const coarse = facets(facts, random.between(13, 22)), fine = facets(facts, random.between(6, 9));
  const face = { left: -halfLength * 0.7, top: -halfWidth * 0.8, right: halfLength * 0.7, bottom: halfWidth * 0.8 };
  const prints = [
    pictureBlock(random, areaWithin(random, face, { across: 0.5, down: 0.6 })),
    textLines(random, { area: areaWithin(random, face, { across: 0.7, down: 0.4 }), heightMm: random.between(6, 12), ink: random.pick<Bgr>([[236, 238, 238], [60, 200, 236]]), strength: 0.9 }),
    textLines(random, { area: areaWithin(random, face, { across: 0.4, down: 0.3 }), heightMm: 1.8, ink: [220, 222, 222], strength: 0.7 }),
    ...(random.next() < 0.4 ? [barCode(random, areaWithin(random, face, { across: 0.25, down: 0.3 }))] : []),
  ];
  const turned = layeredNoise(random, 45, 2), turnedFrom = random.between(0.3, 0.8);
  return (x, y, pixel) => {
    const fromEnd = halfLength - Math.abs(x);
    const zigzag = fromEnd < 4 ? 1.6 * Math.abs(((y / 3.2) % 2) - Math.sign(y)) : 0;
    const distance = Math.max(outline(x, y), zigzag - fromEnd + 0.4);
    pixel.opacity = coverage(distance);
    if (pixel.opacity === 0) return;
    // The print is bent with the film.
    const tilt = 0.55 * coarse.light(x, y) + 0.5 * fine.light(x, y);
    setColour(pixel, turned(x, y) > turnedFrom ? foilInside : colour, 1);
    for (const print of prints) print(x + 1.6 * tilt, y + 1.6 * tilt, pixel);
    const crimp = fromEnd < CRIMP_MM ? 0.16 * Math.sin(y * 2.4) : 0;
    const light = 0.78 + 0.34 * tilt - 0.2 * fine.crease() + crimp - 0.25 * Math.exp(distance / 4);
    pixel.blue *= light; pixel.green *= light; pixel.red *= light;
    mixColour(pixel, [250, 250, 250], Math.min(0.8, 0.75 * smoothStep(0.62, 0.95, tilt) + 0.2 * bump(tilt - 0.4, 0.05)));
  };
}

function tissue(facts: PaintFacts): Shader {
  const { random } = facts;
  const outline = blobOutline(facts, 0.6);
  const colour = varied(random, random.pick<Bgr>([[150, 176, 196], [136, 166, 190], [168, 188, 204]]), 8);
  const folds = layeredNoise(random, 24, 3), creases = layeredNoise(random, 15, 3), bend = layeredNoise(random, 30, 2);
  const soil = layeredNoise(random, 26, 3), grain = noise(random, 1.4);
  return (x, y, pixel) => {
    const distance = outline(x, y);
    pixel.opacity = coverage(distance);
    if (pixel.opacity === 0) return;
    // Ridged noise, bent: soft folds with a bright crest and a shadow beside it.
    const shift = 9 * bend(x, y);
    const crest = 1 - Math.abs(creases(x + shift, y - shift)) * 2.2, shade = 1 - Math.abs(creases(x + shift + 1.6, y - shift + 1.6)) * 2.2;
    const light = 0.9 + 0.2 * folds(x + shift, y) + 0.22 * (Math.max(0, crest) - Math.max(0, shade)) + 0.03 * grain(x, y) - 0.14 * Math.exp(distance / 4);
    setColour(pixel, colour, light);
    mixColour(pixel, [50, 80, 110], 0.25 * smoothStep(0.2, 0.7, soil(x, y)));
  };
}
