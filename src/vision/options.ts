// What a person sets about the eyes: how items are told from the belt, followed, cut out, and how the process is watched.
import { z } from 'zod';

const segmentOptions = z.strictObject({
  tolerance: z.number().min(2).max(100).default(11).describe('Difference from the learned belt, in grey levels of 255, that a pixel may have and still be belt. The belt\'s own texture is learned and added to it.'),
  strongMargin: z.number().min(0).max(100).default(8).describe('Levels above the tolerance that part of an item must reach, so that a faint stain is not an item.'),
  minSizeMm: z.number().positive().max(500).default(15).describe('Smallest item: things that would fit a square of this side are ignored, mm.'),
  learnFrames: z.int().min(1).max(100).default(8).describe('Frames from which the empty belt is learned at the start.'),
  followSeconds: z.number().positive().max(600).default(3).describe('Time in which the learned belt follows a change of light, s (time constant).'),
  relearnAfterFrames: z.int().min(1).max(10_000).default(60).describe('Frames in a row with nearly no belt to be seen, after which the belt is learned anew (the light was switched).'),
  splitTouching: z.boolean().default(true).describe('Whether touching items are cut apart where their common outline has a neck.'),
}).prefault({});

const trackOptions = z.strictObject({
  gateMm: z.number().positive().max(500).default(25).describe('How far an item may be from where the encoder says it must be and still be the same item, mm: slip, exposure jitter.'),
  maxMissedFrames: z.int().min(1).max(1000).default(8).describe('Frames an item in view may go unseen before it is given up, count.'),
  forgetFrames: z.int().min(1).max(100_000).default(90).describe('Frames for which the place of a given-up item is remembered, so that its reappearance is not counted as another item.'),
  changeFrames: z.int().min(1).max(100).default(3).describe('Frames in a row that must show a changed outline (a split or merged item) before it is believed.'),
}).prefault({});

export const CROP_BACKGROUNDS = ['fill', 'keep'] as const;

const cropOptions = z.strictObject({
  background: z.enum(CROP_BACKGROUNDS).default('fill').describe('What surrounds an item in its picture: `fill` a neutral light grey as in the training photographs, `keep` the belt as it is.'),
  marginRatio: z.number().min(0).max(1).default(0.12).describe('Room around an item in its picture, share of its longer side.'),
  fillGrey: z.int().min(0).max(255).default(205).describe('Grey level of the fill.'),
  cardFill: z.number().min(0.5).max(1).default(0.97).describe('Share of its box from which an item counts as rectangular: its picture is then the box itself, without margin or fill.'),
}).prefault({});

const lookOptions = z.strictObject({
  perItem: z.int().min(1).max(1000).default(3).describe('Most looks at one item, count; keep it at least `decide.maxLooks`.'),
  minLooks: z.int().min(1).max(1000).default(1).describe('Looks an item gets before it may be left alone as certain, count.'),
  enoughConfidence: z.number().min(0).max(1).default(0.9).describe('Mean confidence above which, from `minLooks` on, an item gets no further look; 1 never stops early.'),
  maxWaiting: z.int().min(1).max(256).default(32).describe('Pictures that may wait for the classifier, count; beyond it the item with the most looks loses its picture, counted as dropped.'),
  inFlight: z.int().min(0).max(8).default(0).describe('Batches the classifier is given at once, count; 0 as many as it classifies side by side. More leave it no pause between two batches, and make a look older.'),
}).prefault({});

const processOptions = z.strictObject({
  progressTimeoutMs: z.number().min(500).max(60_000).default(2500).describe('Time without progress (no frame processed though the camera delivers, or an inference that never ends) after which the vision process is killed and started anew, ms.'),
  startTimeoutMs: z.number().min(1000).max(600_000).default(60_000).describe('Longest time from start to ready, ms; model compilation on a GPU may take most of a minute.'),
  restartFirstMs: z.number().min(0).max(60_000).default(100).describe('Pause before the first restart, ms.'),
  restartMaxMs: z.number().min(0).max(600_000).default(5000).describe('Longest pause between restarts, ms.'),
}).prefault({});

export const visionOptions = z.strictObject({
  segment: segmentOptions.describe('Telling items from the belt.'),
  track: trackOptions.describe('Following items by the encoder.'),
  crop: cropOptions.describe('Cutting out the picture to classify.'),
  looks: lookOptions.describe('How often an item is looked at.'),
  process: processOptions.describe('Watching and restarting the vision process.'),
}).prefault({});

export const harvestOptions = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether pictures of items that the model was unsure of are kept, for people to label and the next training to learn from (`sortline dataset harvest`).'),
  folder: z.string().min(1).default('.sortline/harvest').describe('Where they are kept, a folder per day; made where absent. A relative path starts at the config file, the default at the working directory.'),
  maxMb: z.number().min(1).max(1_000_000).default(500).describe('Room for them on the disk, MB; beyond it the oldest are deleted.'),
  perHour: z.number().min(1).max(3600).default(120).describe('Most pictures kept in an hour, count; a twelfth of it may come at once.'),
  maxConfidence: z.number().min(0).max(1).default(0.7).describe('Mean confidence of an item\'s looks up to which it is kept, 0 to 1; items whose looks name different materials always are.'),
}).prefault({});

export type VisionOptions = z.output<typeof visionOptions>;
export type HarvestOptions = z.output<typeof harvestOptions>;
export type SegmentOptions = VisionOptions['segment'];
export type TrackOptions = VisionOptions['track'];
export type CropOptions = VisionOptions['crop'];
export type LookOptions = VisionOptions['looks'];
export type ProcessOptions = VisionOptions['process'];
