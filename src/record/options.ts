// What a person sets about recording: whether, when, how well and how much.
import { z } from 'zod';

export const recordOptions = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether the line is recorded (MCAP: pictures, encoder, serial bytes, events), for replay and for finding faults.'),
  mode: z.enum(['continuous', 'trigger']).default('continuous').describe('`continuous` keeps everything; `trigger` only what lies around alarms, notes of operators and rejected items.'),
  folder: z.string().min(1).default('.sortline/recordings').describe('Where recordings are kept; made where absent. A relative path starts at the config file, the default at the working directory.'),
  maxMb: z.number().min(10).max(100_000_000).default(2000).describe('Room for them on the disk, MB; beyond it the oldest are deleted. A 720p line of 15 pictures a second needs about 5 MB a second.'),
  fileSeconds: z.number().min(5).max(86_400).default(600).describe('Length after which a new file is begun, s.'),
  quality: z.int().min(30).max(100).default(90).describe('JPEG quality of the pictures, 30 to 100.'),
  beforeSeconds: z.number().min(0).max(60).default(10).describe('In `trigger` mode, how much before the event is kept, s.'),
  afterSeconds: z.number().min(0).max(600).default(10).describe('In `trigger` mode, how much after the event is kept, s.'),
}).prefault({});

export type RecordOptions = z.output<typeof recordOptions>;
