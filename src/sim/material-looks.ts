// How each material looks from above, as a function of the place on the item: (u, v) from -1 to 1 along its length and
// width. Enough of gloss, grain, print and outline to tell the six apart; no attempt at more.
import type { Random } from '../base/random.ts';
import type { Millimetres } from '../base/units.ts';
import type { Material } from '../domain/material.ts';

export interface Shade {
  readonly blue: number;
  readonly green: number;
  readonly red: number;
  /** 0 lets the belt through, 1 hides it. */
  readonly opacity: number;
}

export type Look = (u: number, v: number) => Shade;

export interface LookFacts {
  readonly random: Random;
  readonly lengthMm: Millimetres;
  readonly widthMm: Millimetres;
}

type Bgr = readonly [number, number, number];

/** Everything random is drawn here, once; the look itself is a plain function. */
export function lookOf(material: Material, facts: LookFacts): Look {
  return LOOKS[material](facts);
}

const LOOKS: Readonly<Record<Material, (facts: LookFacts) => Look>> = { cardboard, glass, metal, paper, plastic, trash };

function cardboard({ random, lengthMm }: LookFacts): Look {
  const outline = roughRectangle(random, 0.05);
  const grain = valueNoise(random, 40);
  const stain = valueNoise(random, 3);
  const flutes = lengthMm * random.between(0.28, 0.4);
  const fold = random.between(-0.5, 0.5);
  const tape = random.next() < 0.5 ? random.between(-0.6, 0.6) : undefined;
  return (u, v) => {
    let light = 1 + 0.05 * Math.sin(flutes * u * Math.PI) + 0.08 * (grain(u, v) - 0.5) + 0.16 * (stain(u, v) - 0.5);
    if (Math.abs(u - fold) < 0.012) light *= 0.72;
    else if (u > fold) light *= 0.93;
    if (tape !== undefined && Math.abs(v - tape) < 0.13) return lit([120, 165, 200], light * 1.08, outline(u, v));
    return lit([88, 132, 172], light, outline(u, v));
  };
}

function paper({ random }: LookFacts): Look {
  const outline = roughRectangle(random, 0.03);
  const crumple = valueNoise(random, 4);
  const crease = valueNoise(random, 9);
  const lines = random.integer(8, 16);
  const isPrinted = random.next() < 0.75;
  const words = valueNoise(random, 26);
  const picture = random.next() < 0.4 ? { u: random.between(-0.6, 0.3), v: random.between(-0.6, 0.2), tint: pickTint(random) } : undefined;
  return (u, v) => {
    const light = 1 - 0.16 * Math.abs(crumple(u, v) - 0.5) - 0.1 * Math.abs(crease(u, v) - 0.5);
    const opacity = outline(u, v);
    if (picture !== undefined && u > picture.u && u < picture.u + 0.5 && v > picture.v && v < picture.v + 0.7) return lit(picture.tint, light, opacity);
    const inText = isPrinted && Math.abs(u) < 0.82 && Math.abs(v) < 0.85 && (((v + 1) * lines) % 1) < 0.36 && words(u * 2, Math.floor((v + 1) * lines)) > 0.42;
    return lit(inText ? [92, 88, 86] : [232, 236, 238], light, opacity);
  };
}

function metal({ random }: LookFacts): Look {
  const outline = roundedRectangle(0.1);
  const brushed = valueNoise(random, 60);
  const dent = valueNoise(random, 4);
  const label = random.next() < 0.6 ? pickTint(random) : undefined;
  return (u, v) => {
    const bent = v + 0.16 * (dent(u, v) - 0.5);
    const round = Math.sqrt(Math.max(0, 1 - bent * bent));
    const gleam = 0.85 * bump(bent + 0.38, 0.09) + 0.5 * bump(bent - 0.45, 0.06);
    const light = 0.38 + 0.55 * round + gleam + 0.06 * (brushed(u * 0.1, v) - 0.5);
    const isRim = Math.abs(u) > 0.86;
    if (isRim) return lit([188, 190, 192], Math.abs(u) > 0.93 ? light * 0.75 : light * 1.05, outline(u, v));
    return lit(label ?? [180, 182, 184], light, outline(u, v));
  };
}

function glass({ random }: LookFacts): Look {
  const outline = bottle({ neckFrom: random.between(0.3, 0.45), neckWidth: random.between(0.28, 0.36) });
  const tint = random.pick<Bgr>([[52, 120, 66], [38, 78, 128], [196, 206, 202], [70, 142, 96]]);
  const waves = valueNoise(random, 5);
  return (u, v) => {
    const { inside, share } = outline(u, v);
    const edge = Math.abs(share) ** 4;
    const gleam = 1.5 * bump(share + 0.5, 0.07) + 0.8 * bump(share - 0.62, 0.05);
    const light = 0.72 - 0.42 * edge + gleam + 0.25 * (waves(u, v) - 0.5) + 0.22 * bump(share, 0.4);
    return lit(tint, light, inside * (0.8 + 0.15 * edge));
  };
}

function plastic({ random }: LookFacts): Look {
  const outline = bottle({ neckFrom: random.between(0.55, 0.68), neckWidth: random.between(0.3, 0.4) });
  const body = random.pick<Bgr>([[232, 226, 214], [226, 210, 178], [236, 236, 234]]);
  const cap = pickTint(random);
  const label = pickTint(random);
  const folds = valueNoise(random, 7);
  const labelFrom = random.between(-0.5, -0.2);
  return (u, v) => {
    const { inside, share } = outline(u, v);
    const ribs = 0.08 * Math.sin(26 * u);
    const gleam = 0.5 * bump(share + 0.42, 0.1) + 0.25 * bump(share - 0.5, 0.08);
    const light = 0.72 - 0.2 * share * share + gleam + ribs + 0.34 * (folds(u, v) - 0.5);
    if (u > 0.82) return lit(cap, 0.75 + gleam - 0.3 * share * share, inside);
    if (u > labelFrom && u < labelFrom + 0.5) return lit(label, 0.85 + gleam - 0.25 * share * share, inside);
    return lit(body, light, inside * 0.93);
  };
}

function trash({ random }: LookFacts): Look {
  const wobble = valueNoise(random, 3);
  const patches = valueNoise(random, 4);
  const crumple = valueNoise(random, 11);
  const tints = [pickTint(random), [46, 48, 52] as Bgr, [90, 110, 120] as Bgr, pickTint(random)];
  return (u, v) => {
    const radius = Math.hypot(u, v) / (0.72 + 0.5 * (wobble(0.5 + 0.5 * u, 0.5 + 0.5 * v) - 0.3));
    const light = 0.55 + 0.75 * (crumple(u, v) - 0.3) + 0.3 * bump(crumple(v, u) - 0.7, 0.08);
    return lit(tints[Math.min(3, Math.floor(4 * patches(u, v)))]!, light, smoothStep(1, 0.96, radius));
  };
}

function lit([blue, green, red]: Bgr, light: number, opacity: number): Shade {
  return { blue: blue * light, green: green * light, red: red * light, opacity };
}

function pickTint(random: Random): Bgr {
  return random.pick<Bgr>([[48, 48, 200], [190, 110, 40], [60, 150, 70], [40, 170, 220], [150, 70, 130], [60, 60, 60]]);
}

/** A rectangle whose edges wander by `depth`. */
function roughRectangle(random: Random, depth: number): (u: number, v: number) => number {
  const along = valueNoise(random, 6);
  return (u, v) => {
    const margin = depth * along(u, v);
    return smoothStep(1 - margin, 0.985 - margin, Math.max(Math.abs(u), Math.abs(v)));
  };
}

function roundedRectangle(radius: number): (u: number, v: number) => number {
  return (u, v) => {
    const x = Math.max(0, Math.abs(u) - (1 - radius)) / radius;
    const y = Math.max(0, Math.abs(v) - (1 - radius)) / radius;
    return smoothStep(1, 0.94, Math.hypot(x, y));
  };
}

/** A bottle lying along u, its mouth at u = 1: how much of the pixel is inside, and where across it, -1 to 1. */
function bottle({ neckFrom, neckWidth }: { neckFrom: number; neckWidth: number }): (u: number, v: number) => { inside: number; share: number } {
  return (u, v) => {
    const shoulder = smoothStep(neckFrom - 0.25, neckFrom, u);
    const foot = Math.sqrt(Math.max(0, 1 - Math.max(0, (-u - 0.92) / 0.08) ** 2));
    const half = Math.max(0.02, (1 - shoulder * (1 - neckWidth)) * (0.9 + 0.1 * foot));
    const share = v / half;
    return { inside: smoothStep(1, 0.95, Math.abs(share)) * (Math.abs(u) < 0.99 ? 1 : 0), share: Math.max(-1, Math.min(1, share)) };
  };
}

/** 1 at 0, falling off over `width`. */
function bump(distance: number, width: number): number {
  return Math.exp(-((distance / width) ** 2));
}

function smoothStep(from: number, to: number, value: number): number {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return share * share * (3 - 2 * share);
}

/** Smooth noise from 0 to 1 over the square -1 … 1, with `cells` cells a side (repeating outside). */
function valueNoise(random: Random, cells: number): (u: number, v: number) => number {
  const side = cells + 1;
  const grid = Float32Array.from({ length: side * side }, () => random.next());
  const at = (x: number, y: number): number => grid[(((y % side) + side) % side) * side + (((x % side) + side) % side)]!;
  return (u, v) => {
    const x = ((u + 1) / 2) * cells, y = ((v + 1) / 2) * cells;
    const left = Math.floor(x), top = Math.floor(y);
    const s = smoothStep(0, 1, x - left), t = smoothStep(0, 1, y - top);
    const above = at(left, top) * (1 - s) + at(left + 1, top) * s;
    const below = at(left, top + 1) * (1 - s) + at(left + 1, top + 1) * s;
    return above * (1 - t) + below * t;
  };
}
