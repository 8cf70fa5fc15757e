// Draws an item of the virtual belt, pixel by pixel, from its material and its own seed: once per item, so that a picture only
// blends it in. The same seed always gives the same drawing.
import { createRandom } from '../base/random.ts';
import type { Material } from '../domain/material.ts';
import { paintCardboard } from './render-cardboard.ts';
import { paintGlass } from './render-glass.ts';
import { paintMetal } from './render-metal.ts';
import type { PaintFacts, Pixel, Shader } from './render-paint.ts';
import { paintPaper } from './render-paper.ts';
import { paintPlastic } from './render-plastic.ts';
import type { Drawing } from './render-sprite.ts';
import { paintTrash } from './render-trash.ts';
import type { WorldItem } from './world.ts';

const PAINTERS: Readonly<Record<Material, (facts: PaintFacts) => Shader>> = {
  cardboard: paintCardboard, glass: paintGlass, metal: paintMetal, paper: paintPaper, plastic: paintPlastic, trash: paintTrash,
};

/** What an item's drawing follows from. */
export type DrawnItem = Pick<WorldItem, 'lengthMm' | 'widthMm' | 'material' | 'drawingSeed'>;

/** The item seen from above, unturned, at `pxPerMm`. */
export function drawItem(item: DrawnItem, pxPerMm: number): Drawing {
  const width = Math.max(8, Math.round(item.lengthMm * pxPerMm)), height = Math.max(8, Math.round(item.widthMm * pxPerMm));
  const drawing: Drawing = { width, height, bgr: new Float32Array(3 * width * height), alpha: new Float32Array(width * height) };
  // Painters have their x along the longer side: a bottle is as long as the item, whichever way its box lies.
  const isUpright = item.widthMm > item.lengthMm;
  const shader = PAINTERS[item.material]({
    random: createRandom(item.drawingSeed),
    halfLength: Math.max(item.lengthMm, item.widthMm) / 2, halfWidth: Math.min(item.lengthMm, item.widthMm) / 2,
  });
  const pixel: Pixel = { blue: 0, green: 0, red: 0, opacity: 0 };
  for (let row = 0, index = 0; row < height; row++) {
    const y = (row + 0.5 - height / 2) / pxPerMm;
    for (let column = 0; column < width; column++, index++) {
      const x = (column + 0.5 - width / 2) / pxPerMm;
      pixel.opacity = 0;
      if (isUpright) shader(y, x, pixel);
      else shader(x, y, pixel);
      if (pixel.opacity <= 0) continue;
      drawing.bgr[3 * index] = clamp(pixel.blue, 255);
      drawing.bgr[3 * index + 1] = clamp(pixel.green, 255);
      drawing.bgr[3 * index + 2] = clamp(pixel.red, 255);
      drawing.alpha[index] = clamp(pixel.opacity, 1);
    }
  }
  return drawing;
}

function clamp(value: number, most: number): number {
  return value < 0 ? 0 : value > most ? most : value;
}
