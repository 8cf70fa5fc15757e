// All changes of colour as one affine map of a pixel, so that a picture is passed over once. The map also puts the channels
// into the model's order: OpenCV's BGR goes in, RGB comes out.
import type { ColourChange } from './augmentation.ts';

type Row = readonly [number, number, number, number];
/** Rows for red, green and blue: weights of blue, green and red, then what is added. */
export type ColourMatrix = readonly [Row, Row, Row];

/** How bright blue, green and red look (ITU-R BT.601). */
const LUMA = [0.114, 0.587, 0.299] as const;
const MIDDLE_GREY = 128;

/** Only the order of the channels changes. */
export const PLAIN_COLOURS: ColourMatrix = [[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]];

/** Hue, then saturation, contrast and brightness. Greys keep no trace of the first two. */
export function colourMatrix({ brightness, contrast, saturation, hueRad }: ColourChange): ColourMatrix {
  const turned = hueTurn(hueRad);
  const gain = brightness * contrast;
  const lift = brightness * (1 - contrast) * MIDDLE_GREY;
  const rowFor = (channel: 0 | 1 | 2): Row => {
    const weight = (from: 0 | 1 | 2): number => {
      const grey = LUMA.reduce((sum, luma, through) => sum + luma * turned[through]![from]!, 0);
      return gain * (saturation * turned[channel]![from]! + (1 - saturation) * grey);
    };
    return [weight(0), weight(1), weight(2), lift];
  };
  return [rowFor(2), rowFor(1), rowFor(0)];
}

/** Rotation about the grey axis (1, 1, 1), by Rodrigues' formula: rows and columns blue, green, red. */
function hueTurn(angleRad: number): readonly (readonly number[])[] {
  const cos = Math.cos(angleRad), along = (1 - cos) / 3, across = Math.sin(angleRad) / Math.sqrt(3);
  return [
    [cos + along, along - across, along + across],
    [along + across, cos + along, along - across],
    [along - across, along + across, cos + along],
  ];
}
