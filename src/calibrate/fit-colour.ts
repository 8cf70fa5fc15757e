// White balance and exposure from a grey card: the factors that make the card what it is. What the camera itself can do better, its
// exposure, is asked of it first: a factor cannot bring back what was clipped.
import type { Bgr } from '../domain/calibration.ts';

/** An 18 % grey card in sRGB, level of 255. */
export const GREY_CARD_LEVEL = 118;
const MAX_GAIN = 2;
const CLIPPED_LEVEL = 245;

export type ColourFit =
  | { readonly result: 'fitted'; readonly gains: Bgr; /** The factor that exposure alone would need. */ readonly exposure: number }
  | { readonly result: 'refused'; readonly reason: string };

export function fitColour(cardBgr: Bgr, level: number): ColourFit {
  const mean = (cardBgr[0] + cardBgr[1] + cardBgr[2]) / 3;
  const exposure = level / mean;
  if (Math.max(...cardBgr) > CLIPPED_LEVEL) return { result: 'refused', reason: `the card is so bright that a colour is cut off (${text(cardBgr)} of 255): shorten the camera's exposure or lower its gain` };
  const gains: Bgr = [level / cardBgr[0], level / cardBgr[1], level / cardBgr[2]];
  if (Math.max(...gains) > MAX_GAIN || Math.min(...gains) < 1 / MAX_GAIN) {
    const wanted = exposure > 1 ? `lengthen the camera's exposure about ${exposure.toFixed(1)} times` : `shorten the camera's exposure to about ${(100 * exposure).toFixed(0)} %`;
    return { result: 'refused', reason: `the card shows as ${text(cardBgr)} of 255 (blue, green, red) and should be ${level}: ${Math.abs(Math.log2(exposure)) > 0.5 ? wanted : 'set the camera\'s white balance to the lamps'}, and keep it from changing by itself` };
  }
  return { result: 'fitted', gains, exposure };
}

function text(colour: Bgr): string {
  return colour.map((level) => level.toFixed(0)).join(', ');
}
