// The loop over passes and steps, the same for both modes. It decides what a step is, when the weights are judged, which are the
// best, and what a checkpoint holds; how weights change is the learner's affair. All that happens follows from seed and step
// number, so that a run that was stopped anywhere goes on with the same numbers.
//
//   pass: step ─ step ─ … ─ step ─▶ judge ─▶ best so far? ─▶ checkpoint ─▶ next pass      stop asked for: step ─▶ checkpoint ─▶ end
import type { Clock } from '../../base/clock.ts';
import { SortlineError } from '../../base/errors.ts';
import { NS_PER_S } from '../../base/units.ts';
import { evaluateVerdicts } from '../evaluate/evaluate-verdicts.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import type { Position } from './checkpoint.ts';
import type { CheckpointFolder } from './checkpoint-folder.ts';
import { epochBatches, stepsInEpoch } from './epoch-plan.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { verdictsOf } from './judge-logits.ts';
import type { Learner, StepOutcome, StepPlan, TrainingPictures } from './learner.ts';
import type { Schedule } from './schedule.ts';
import { rateAt, ratesAt } from './schedule.ts';

export interface StepReport {
  /** From 1, over the whole training. */
  readonly step: number;
  readonly totalSteps: number;
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly seconds: number;
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number;
  readonly step: number;
  /** Mean over the steps of the pass. */
  readonly loss: number;
  readonly learnRate: number;
  readonly validation: Evaluation;
  /** Undefined where no drawings are judged. */
  readonly renderingsAccuracy: number | undefined;
  readonly isBest: boolean;
  /** Since the pass began, or since it was resumed; judging included. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

export interface LoopOptions {
  readonly learner: Learner;
  readonly pictures: TrainingPictures;
  readonly hyperparameters: Hyperparameters;
  readonly checkpoints: CheckpointFolder;
  /** Digest of everything the numbers follow from; a checkpoint of another is refused. */
  readonly identity: string;
  /** Ends the training after the step it is in. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  onStep(report: StepReport): void;
  onEpoch(report: EpochReport): void;
}

export interface LoopEnd {
  readonly isComplete: boolean;
  readonly best: Position['best'];
}

/** Trains from the checkpoint, if there is one, to the end or until stopped. Throws TRAIN_DIVERGED, TRAIN_WRITE_FAILED, TRAIN_CHECKPOINT_INVALID and what the learner throws. */
export async function trainLoop(options: LoopOptions): Promise<LoopEnd> {
  const { learner, hyperparameters, checkpoints, signal } = options;
  let position = resume(options);
  while (position.epoch < hyperparameters.epoch_qty && !signal.aborted) {
    position = await runEpoch(options, position);
    if (position.stepsInEpoch > 0) checkpoints.write({ position, state: learner.state() });
  }
  return { isComplete: position.epoch >= hyperparameters.epoch_qty, best: position.best };
}

/** The position of the checkpoint, the learner brought to it; the start where there is none. */
function resume({ checkpoints, identity, learner }: LoopOptions): Position {
  const checkpoint = checkpoints.read();
  if (checkpoint === undefined) return { identity, epoch: 0, stepsInEpoch: 0, lossSum: 0, best: null };
  if (checkpoint.position.identity !== identity) {
    throw new SortlineError('TRAIN_CHECKPOINT_INVALID', `the checkpoint in ${checkpoints.path} was made with other settings, pictures or backbone than are there now: bring them back, or train anew`, { context: { path: checkpoints.path } });
  }
  learner.restore(checkpoint.state);
  return checkpoint.position;
}

/** The pass that `position` is in, to its end or to where it was stopped. */
async function runEpoch(options: LoopOptions, position: Position): Promise<Position> {
  const { learner, hyperparameters, signal, clock } = options;
  const startedNs = clock.nowNs();
  const secondsNow = (): number => (clock.nowNs() - startedNs) / NS_PER_S;
  const schedule = scheduleOf(learner, hyperparameters);
  const plans = plansOf(position.epoch, schedule, learner, hyperparameters).slice(position.stepsInEpoch);
  let { stepsInEpoch, lossSum } = position;
  let images = 0;
  for await (const outcome of learner.steps(plans)) {
    checkFinite(outcome, hyperparameters);
    stepsInEpoch++;
    lossSum += outcome.loss;
    images += outcome.plan.samples.length;
    options.onStep({ step: outcome.plan.rates.step, totalSteps: schedule.totalSteps, epoch: position.epoch + 1, loss: outcome.loss, seconds: secondsNow() });
    await turn();
    if (signal.aborted && stepsInEpoch < schedule.stepsPerEpoch) return { ...position, stepsInEpoch, lossSum };
  }
  const trainedSeconds = secondsNow();
  const { validation, renderingsAccuracy, best, isBest } = await judge(options, position);
  const next: Position = { ...position, epoch: position.epoch + 1, stepsInEpoch: 0, lossSum: 0, best };
  options.checkpoints.write({ position: next, state: learner.state() });
  const step = next.epoch * schedule.stepsPerEpoch;
  options.onEpoch({
    epoch: next.epoch, step, loss: lossSum / stepsInEpoch, learnRate: rateAt(step, schedule), validation, renderingsAccuracy, isBest,
    seconds: secondsNow(), imagesPerSecond: images / trainedSeconds,
  });
  return next;
}

export function scheduleOf(learner: Pick<Learner, 'sampleCount'>, hyperparameters: Hyperparameters): Schedule {
  const stepsPerEpoch = stepsInEpoch(learner.sampleCount, hyperparameters.batch_size);
  return { stepsPerEpoch, totalSteps: stepsPerEpoch * hyperparameters.epoch_qty, options: hyperparameters };
}

function plansOf(epoch: number, schedule: Schedule, learner: Learner, { seed, batch_size }: Hyperparameters): StepPlan[] {
  return epochBatches(learner.sampleCount, { seed, epoch, batchSize: batch_size })
    .map((samples, index) => ({ epoch, samples, rates: ratesAt(epoch * schedule.stepsPerEpoch + index + 1, schedule) }));
}

/** Judges the averaged weights, and keeps their model where they are the best: by accuracy, then by likelihood. */
async function judge({ learner, pictures, checkpoints }: LoopOptions, { epoch, best }: Position): Promise<{ validation: Evaluation; renderingsAccuracy: number | undefined; best: Position['best']; isBest: boolean }> {
  const validation = evaluateVerdicts(verdictsOf(pictures.val, await learner.logits('val')), 0);
  const renderingsAccuracy = pictures.renderings.length === 0 ? undefined
    : evaluateVerdicts(verdictsOf(pictures.renderings, await learner.logits('renderings')), 0).accuracy;
  const { accuracy, negativeLogLikelihood } = validation;
  const isBest = best === null || accuracy > best.accuracy || (accuracy === best.accuracy && negativeLogLikelihood < best.negativeLogLikelihood);
  if (isBest) checkpoints.writeBest(epoch + 1, learner.exportModel());
  return { validation, renderingsAccuracy, isBest, best: isBest ? { epoch: epoch + 1, accuracy, negativeLogLikelihood, renderingsAccuracy } : best };
}

function checkFinite({ plan, loss, gradientNorm }: StepOutcome, { learn_rate, warmup_epochs }: Hyperparameters): void {
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return;
  const { step, rateByStage } = plan.rates;
  const rate = rateByStage.at(-1)!;
  throw new SortlineError('TRAIN_DIVERGED',
    `training diverged in step ${step}: the loss is ${loss}, the norm of its gradient ${gradientNorm}, at a learning rate of ${rate.toPrecision(3)}; lower learn_rate (now ${learn_rate}) to a third, or raise warmup_epochs (now ${warmup_epochs})`,
    { context: { step, loss, gradientNorm, learnRate: rate } });
}

/** Lets signals and signs of life in: steps may follow each other without a pause. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
