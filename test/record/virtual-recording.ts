// A small recording of the virtual belt for tests: real pictures of known items on a belt at even speed, encoder samples, a start. It is made without
// a line, in a few hundred milliseconds.
import { encodeJpeg } from '../../src/image/decode.ts';
import { withoutSecrets } from '../../src/config/secrets.ts';
import type { Config } from '../../src/config/schema.ts';
import { completeConfig, configSchema } from '../../src/config/schema.ts';
import type { Calibration } from '../../src/domain/calibration.ts';
import type { Material } from '../../src/domain/material.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import type { RecordEntry, RecordingAbout } from '../../src/record/record-entry.ts';
import { RecordingWriter } from '../../src/record/recording-writer.ts';
import { FrameRenderer } from '../../src/sim/render-frame.ts';
import type { World } from '../../src/sim/world.ts';
import { createWorld } from '../../src/sim/world.ts';

const BELT_MM_PER_S = 350, COUNTS_PER_MM = 5;
const SIZE = { width: 640, height: 384 };
/** The recorded run's monotonic time, as of a machine that has been up for a while. */
const ORIGIN_NS = 86_400e9 + 0.125;
const NS_PER_S = 1e9;

export const virtualCalibration: Calibration = {
  line: 'small-belt', measuredOn: '2026-01-01', method: 'exact, as rendered', frameSize: SIZE, pixelToBelt: [0.625, 0, 0, 0, 0.625, 0, 0, 0, 1], countsPerMm: COUNTS_PER_MM,
};

export interface VirtualRecordingOptions {
  readonly items?: number;
  readonly framesPerSecond?: number;
  readonly seed?: number;
  readonly quality?: number;
  /** Changes the configuration that is recorded. */
  readonly config?: (config: Config) => Config;
}

/** Actuators close behind the picture, so that a few seconds are enough. */
export function smallBeltConfig(): Config {
  // Paths as a file would say them: none of this machine.
  const config = completeConfig(configSchema.parse({}));
  return { ...config, actuators: config.actuators.map((actuator, index) => ({ ...actuator, offsetMm: 700 + index * 150 })) };
}

/** Whatever the model says, every item goes to one bin after one look: what happens then does not change with the model that is shipped. */
export function withoutModel(config: Config): Config {
  const bins = Object.fromEntries(MATERIALS.map((material) => [material, 'glass'])) as Record<Material, string>;
  return {
    ...config, recipe: { ...config.recipe, bins, thresholds: { default: 0, perMaterial: {} } }, decide: { ...config.decide, minLooks: 1, maxLooks: 1 },
    vision: { ...config.vision, looks: { ...config.vision.looks, perItem: 1 } },
  };
}

export function virtualAbout(options: VirtualRecordingOptions = {}): RecordingAbout {
  const config = (options.config ?? ((same: Config) => same))(smallBeltConfig());
  return {
    sortlineVersion: '0.1.0', runId: '20260101T000000-test', site: 'test', line: 'small-belt', source: 'simulation',
    wallOffsetNs: BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n - BigInt(Math.round(ORIGIN_NS)), config: withoutSecrets(config), calibration: virtualCalibration,
  };
}

/** What lies on the belt. */
export function virtualWorld({ items = 4, seed = 7 }: VirtualRecordingOptions = {}): World {
  return createWorld({ seed, countsPerMm: COUNTS_PER_MM, itemsPerSecond: 1, beltMmPerSecond: BELT_MM_PER_S, itemCount: items, beltWidthMm: 240, leadInMm: 500 });
}

/** Everything that such a run records, in order of time. */
export function virtualEntries(options: VirtualRecordingOptions = {}): RecordEntry[] {
  const { items = 4, framesPerSecond = 4, quality = 80 } = options;
  const world = virtualWorld(options);
  const seconds = (500 + (items + 0.5) * BELT_MM_PER_S + SIZE.width * 0.625) / BELT_MM_PER_S;
  const countsAt = (second: number): number => second * BELT_MM_PER_S * COUNTS_PER_MM;
  const entries: RecordEntry[] = [];
  const state = (second: number, to: 'ready' | 'running'): void => {
    const atNs = ORIGIN_NS + second * NS_PER_S;
    entries.push({ kind: 'event', atNs, event: { kind: 'line.state', atNs, state: to, reason: to === 'running' ? 'started' : 'all is ready', by: to === 'running' ? 'config' : 'line' } });
  };
  state(-0.1, 'ready');
  state(-0.05, 'running');
  for (let index = 0; index <= seconds * 50; index++) {
    const atNs = ORIGIN_NS + (index / 50) * NS_PER_S;
    entries.push({ kind: 'belt', atNs, sample: { atNs, counts: Math.floor(countsAt(index / 50)), countsPerSecond: BELT_MM_PER_S * COUNTS_PER_MM } });
  }
  const renderer = new FrameRenderer({ size: SIZE, world, lightDrift: 0, noiseLevels: 0 });
  for (let sequence = 0; sequence <= seconds * framesPerSecond; sequence++) {
    const second = sequence / framesPerSecond;
    const image = renderer.render(countsAt(second), { seconds: second, exposure: sequence });
    const capturedAtNs = ORIGIN_NS + second * NS_PER_S;
    entries.push({ kind: 'frame', atNs: capturedAtNs, frame: { sequence, capturedAtNs, encoderCounts: countsAt(second), size: SIZE, format: 'jpeg', data: encodeJpeg(image, quality) } });
    image.release();
  }
  renderer.release();
  for (const item of Array.from({ length: items }, (_, index) => world.item(index)!)) {
    entries.push({ kind: 'label', atNs: ORIGIN_NS, label: { material: item.material, positionCounts: item.entryCounts, yMm: item.yMm } });
  }
  return entries.sort((a, b) => a.atNs - b.atNs);
}

/** Writes it to `path`, a chunk for every half second as a line does. */
export async function writeVirtualRecording(path: string, options: VirtualRecordingOptions = {}): Promise<void> {
  await writeEntries(path, virtualAbout(options), virtualEntries(options));
}

export async function writeEntries(path: string, about: RecordingAbout, entries: readonly RecordEntry[]): Promise<void> {
  const writer = await RecordingWriter.open(path, about);
  let chunkNs = entries[0]?.atNs ?? 0;
  for (const entry of entries) {
    if (entry.atNs - chunkNs > NS_PER_S / 2) {
      writer.flush();
      chunkNs = entry.atNs;
    }
    writer.add(entry);
  }
  await writer.close();
}
