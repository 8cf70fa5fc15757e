// Draws an item of the virtual belt, pixel by pixel, from its material's look and its own seed: once per item, so that a
// picture only blends it in.
import { createRandom } from '../base/random.ts';
import type { SizePx } from '../domain/frame.ts';
import { lookOf } from './material-looks.ts';
import type { Drawing } from './render-sprite.ts';
import type { WorldItem } from './world.ts';

/** The item seen from above, unturned, at `pxPerMm`. */
export function drawItem(item: Pick<WorldItem, 'lengthMm' | 'widthMm' | 'material' | 'drawingSeed'>, pxPerMm: number): Drawing {
  const size: SizePx = { width: Math.max(8, Math.round(item.lengthMm * pxPerMm)), height: Math.max(8, Math.round(item.widthMm * pxPerMm)) };
  const pixelCount = size.width * size.height;
  const drawing = { ...size, bgr: new Float32Array(3 * pixelCount), alpha: new Float32Array(pixelCount) };
  const look = lookOf(item.material, { random: createRandom(item.drawingSeed), lengthMm: item.lengthMm, widthMm: item.widthMm });
  for (let y = 0, index = 0; y < size.height; y++) {
    const v = (2 * (y + 0.5)) / size.height - 1;
    for (let x = 0; x < size.width; x++, index++) {
      const { blue, green, red, opacity } = look((2 * (x + 0.5)) / size.width - 1, v);
      drawing.bgr[3 * index] = clampByte(blue);
      drawing.bgr[3 * index + 1] = clampByte(green);
      drawing.bgr[3 * index + 2] = clampByte(red);
      drawing.alpha[index] = Math.min(1, Math.max(0, opacity));
    }
  }
  return drawing;
}

function clampByte(level: number): number {
  return Math.min(255, Math.max(0, level));
}
