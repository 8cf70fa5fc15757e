// How far a training has come, in one line for people.
import { MATERIALS } from '../../domain/material.ts';
import type { EpochReport, StepReport } from './train-loop.ts';

const BAR_CELLS = 24;

/** `[######------] pass 3, step 120/1100, loss 0.512, 12:40 left`; undefined where it is too early to tell. */
export function stepText({ step, totalSteps, epoch, loss }: StepReport, leftSeconds: number | undefined): string {
  return `${bar(step, totalSteps)} pass ${epoch}, step ${step}/${totalSteps}, loss ${loss.toFixed(3)}${leftText(leftSeconds)}`;
}

/** `pass  3  loss 0.512  accuracy 91.2 %  (cardboard 94.3, glass …)  rate 0.00080  131.2 s  13.5 pictures/s  best` */
export function epochText({ epoch, loss, learnRate, validation, renderingsAccuracy, isBest, seconds, imagesPerSecond }: EpochReport): string {
  const perMaterial = MATERIALS.flatMap((material) => {
    const figures = validation.perMaterial[material];
    return figures === null ? [] : [`${material} ${(100 * figures.accuracy).toFixed(1)}`];
  });
  return [
    `pass ${String(epoch).padStart(2)}`, `loss ${loss.toFixed(4)}`, `accuracy ${(100 * validation.accuracy).toFixed(1)} % (${perMaterial.join(', ')})`,
    ...(renderingsAccuracy === undefined ? [] : [`drawings ${(100 * renderingsAccuracy).toFixed(1)} %`]),
    `rate ${learnRate.toPrecision(3)}`, `${seconds.toFixed(1)} s`, `${imagesPerSecond.toFixed(1)} pictures/s`, ...(isBest ? ['best'] : []),
  ].join('  ');
}

/** `, 12:40 left` */
export function leftText(leftSeconds: number | undefined): string {
  return leftSeconds === undefined ? '' : `, ${durationText(leftSeconds)} left`;
}

/** `0:07`, `12:40`, `1:02:03` */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${twoDigits(rest)}` : `${minutes}:${twoDigits(rest)}`;
}

export function bar(done: number, of: number): string {
  const full = of === 0 ? 0 : Math.floor((BAR_CELLS * done) / of);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`;
}
