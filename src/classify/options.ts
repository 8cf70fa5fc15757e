// What a person sets about the classifier: which model, on what hardware, and how crops are gathered into batches.
import { z } from 'zod';

/** Execution providers of ONNX Runtime that Sortline knows how to ask for. */
export const PROVIDERS = ['cuda', 'tensorrt', 'webgpu', 'cpu'] as const;
export type Provider = (typeof PROVIDERS)[number];

const provider = z.enum(PROVIDERS);

/** As `classifier.model`: the promoted model of the learning store. A folder of that name is `./champion`. */
export const CHAMPION = 'champion';
/** The model that comes with Sortline, relative to the package. */
export const SHIPPED_MODEL = 'models/resnet18';

export const classifyOptions = z.strictObject({
  model: z.string().min(1).default(SHIPPED_MODEL).describe('Folder of the model: model.onnx and manifest.json. A relative path starts at the config file; the default is the model shipped with Sortline. `champion` is the promoted model of the learning store: the line takes a newly promoted one over without a restart, goes on with the one it has where that cannot be used, and runs the shipped model where none was ever promoted.'),
  store: z.string().min(1).optional().describe('Folder of the learning store, for `model: champion`. A relative path starts at the config file. Default: what the environment variable SORTLINE_STORE says, else `.sortline/learning` in the working directory.'),
  providers: z.array(provider).min(1).optional().describe('Where to run the model, best first: `cuda`, `tensorrt`, `webgpu`, `cpu`. What cannot be loaded is named in log and metrics, and the next is taken. Default: `cuda` where set-up found an NVIDIA GPU and fetched its library, then `cpu`.'),
  require: provider.optional().describe('Refuse to start unless the model runs on this provider.'),
  batch: z.strictObject({
    size: z.int().min(1).max(64).default(4).describe('Most crops run together, count. On a CPU a larger batch gains nothing and makes the first crop wait.'),
    deadlineMs: z.number().min(0).max(1000).default(0).describe('Longest time a crop waits for company before it is run, ms; 0 runs whatever is waiting as soon as the model is free.'),
  }).prefault({}).describe('How crops are gathered.'),
  threads: z.strictObject({
    sessions: z.int().min(0).max(16).default(0).describe('Copies of the model that classify side by side on the CPU, count, each in memory of its own (about 100 MB for a ResNet-18); 0 takes two, or one on a single core. Two classify more than one; one answers a single crop sooner. As many as there are cores, with one thread each, are kept on a core each (by `taskset`, where there is one).'),
    intraOp: z.int().min(0).max(256).default(0).describe('Threads of one copy of the model on the CPU, count; 0 shares the cores out among the copies. A single copy gets two per core, so that a core busy with something else for a moment holds a run up less.'),
    spinning: z.boolean().default(false).describe('Whether idle threads of the model spin instead of sleeping: a little faster alone, but it takes the cores from the rest.'),
  }).prefault({}).describe('CPU threads of the model.'),
}).prefault({});

export type ClassifyOptions = z.output<typeof classifyOptions>;

/** The same with one copy of the model: for who gives it one batch at a time, and for who measures how long that takes. */
export function withOneSession(options: ClassifyOptions): ClassifyOptions {
  return { ...options, threads: { ...options.threads, sessions: 1 } };
}
