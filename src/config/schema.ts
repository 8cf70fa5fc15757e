// The whole configuration: each room's options under one name. Every section has a default, so an empty file is a valid
// one: the virtual belt with the simulated board, the embedded broker and five bins.
import { z } from 'zod';
import { actuatorOptions, schedulerOptions } from '../actuate/options.ts';
import { cameraOptions } from '../camera/options.ts';
import { classifyOptions } from '../classify/options.ts';
import { binOptions, decideOptions, recipeOptions } from '../decide/options.ts';
import { ledgerOptions } from '../ledger/options.ts';
import { mqttOptions, tracingOptions } from '../publish/options.ts';
import { recordOptions } from '../record/options.ts';
import { twinOptions, worldOptions } from '../sim/options.ts';
import { harvestOptions, visionOptions } from '../vision/options.ts';
import { webOptions } from '../web/options.ts';
import { calibrationOptions, lineOptions, linkSectionOptions, logOptions } from './line-options.ts';

const DEFAULT_BINS = ['cardboard', 'glass', 'metal', 'paper', 'plastic'];
/** The virtual camera sees 800 mm of belt; the first jet follows 400 mm later, the others 300 mm apart. */
const FIRST_OFFSET_MM = 1200;
const OFFSET_STEP_MM = 300;

function defaultActuator(bin: string, index: number): z.input<typeof actuatorOptions> {
  return { id: `jet-${bin}`, bin, output: index, offsetMm: FIRST_OFFSET_MM + index * OFFSET_STEP_MM };
}

export const configSchema = z.strictObject({
  line: lineOptions.describe('The line\'s name, and what starts it.'),
  camera: cameraOptions.describe('The camera over the belt.'),
  calibration: calibrationOptions.describe('Geometry of camera and belt.'),
  vision: visionOptions.describe('Finding items on the belt.'),
  classifier: classifyOptions.describe('The model, and what it runs on.'),
  decide: decideOptions.prefault({}).describe('How the looks at an item become a decision.'),
  recipe: recipeOptions.prefault({}).describe('Which material goes to which bin, and how sure the line must be. A change applies while the line runs.'),
  bins: z.array(binOptions).min(1).prefault(DEFAULT_BINS.map((id) => ({ id }))).describe('The bins. A change of `enabled` applies while the line runs.'),
  actuators: z.array(actuatorOptions).min(1).max(32).prefault(DEFAULT_BINS.map(defaultActuator)).describe('The outputs that move items: one per bin.'),
  scheduler: schedulerOptions.prefault({}).describe('How far ahead commands are sent, and how long reports are waited for.'),
  link: linkSectionOptions.describe('The serial link to the microcontroller.'),
  ledger: ledgerOptions.describe('The record of every item, in SQLite.'),
  harvest: harvestOptions.describe('Keeping pictures for the next training.'),
  record: recordOptions.describe('Recording the line: pictures, encoder, serial bytes and events.'),
  mqtt: mqttOptions.describe('Publishing over MQTT.'),
  tracing: tracingOptions.describe('Traces of items, from exposure to outcome.'),
  web: webOptions.describe('Dashboard, health and metrics over HTTP.'),
  log: logOptions.describe('The log.'),
  sim: z.strictObject({
    twin: twinOptions.prefault({}).describe('The simulated board and belt.'),
    world: worldOptions.prefault({}).describe('What lies on the virtual belt.'),
    images: z.string().min(1).optional().describe('Folder of photographs, one folder per material, shown on the virtual belt instead of drawings. A relative path starts at the config file.'),
  }).prefault({}).describe('The virtual line; used by `camera: virtual-belt` and `link: twin` only.'),
});

export type ParsedConfig = z.output<typeof configSchema>;
export type Section = keyof ParsedConfig;

/** A configuration with nothing left open. */
export type Config = Omit<ParsedConfig, 'line'> & { readonly line: ParsedConfig['line'] & { readonly start: 'auto' | 'operator' } };

/** Fills in what depends on another section. */
export function completeConfig(parsed: ParsedConfig): Config {
  const start = parsed.line.start ?? (parsed.link.connection.kind === 'twin' ? 'auto' : 'operator');
  return { ...parsed, line: { ...parsed.line, start } };
}
