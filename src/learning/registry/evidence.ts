// What speaks for promoting a model: how it did, and how the present champion did on the very same pictures.
import { z } from 'zod';
import { compare } from '../evaluate/comparison.ts';
import type { Contender } from '../evaluate/comparison.ts';
import { contendersOf } from '../evaluate/contenders.ts';
import type { Interval } from '../evaluate/intervals.ts';
import type { Artifact, LearningStore, ModelEvent } from '../store/learning-store.ts';

const interval = z.tuple([z.number(), z.number()]);

/** One model on one list, by the run that judged it. */
const figures = z.object({ model: z.string(), runId: z.string(), n: z.int(), accuracy: z.number(), interval });

/** As it is kept with the promotion. */
const evidenceDocument = z.object({
  candidate: figures,
  /** On the same pictures; absent where there was no champion to compare with. */
  champion: figures.optional(),
  /** Candidate minus champion, taken picture by picture. */
  difference: z.object({ accuracy: z.number(), interval }).optional(),
});

export type Evidence = z.output<typeof evidenceDocument>;

/** What a promotion was decided on; undefined where it was forced or rolled back. */
export function evidenceOf(event: ModelEvent): Evidence | undefined {
  return evidenceDocument.safeParse(event.evidence).data;
}

/** Evidence that suffices, or why what there is does not. */
export type Finding = { readonly evidence: Evidence } | { readonly lacking: string };

export interface Candidacy {
  readonly candidate: Artifact;
  readonly champion: Artifact | undefined;
  /** Only what these runs found counts; undefined for every run. */
  readonly runIds: readonly string[] | undefined;
}

/**
 * A candidate without a champion needs to have been judged at all; otherwise both need to have been judged on the same pictures,
 * and the candidate must not be worse there. The longest list counts, the newest of those as long.
 */
export function findEvidence(store: LearningStore, { candidate, champion, runIds }: Candidacy): Finding {
  const judged = (artifact: Artifact): Contender[] => contendersOf(artifact, store).filter(({ runId }) => runIds === undefined || runIds.includes(runId ?? ''));
  const name = referenceOf(candidate);
  const ours = judged(candidate);
  const howToJudge = `judge it with \`sortline evaluate --model ${name} --images … --list …\``;
  if (ours.length === 0) return { lacking: `${name} was judged ${runIds === undefined ? 'on no pictures' : 'by none of the runs named'}: ${howToJudge}` };
  if (champion === undefined) return { evidence: { candidate: figuresOf(longest(ours)) } };
  const theirs = judged(champion);
  const pairs = ours.flatMap((one) => theirs.map((other) => ({ one, other, difference: compare([other, one]).differences[0]! })));
  const [best] = pairs.filter(({ difference }) => difference.method === 'paired').sort((a, b) => b.one.n - a.one.n);
  if (best === undefined) return { lacking: `${name} and the champion ${referenceOf(champion)} were never judged on the same pictures: ${howToJudge}, and the champion with the same list` };
  const { accuracy, interval: ends } = best.difference;
  const evidence = { candidate: figuresOf(best.one), champion: figuresOf(best.other), difference: { accuracy, interval: both(ends) } };
  return accuracy < 0 ? { lacking: `${name} is worse than the champion: ${evidenceText(evidence)}` } : { evidence };
}

/** `92.1 % of 507 pictures (89.4 to 94.2), the champion trashnet:v1 90.0 % of the same; difference +2.1 points (0.3 to 3.9)`. */
export function evidenceText({ candidate, champion, difference }: Evidence): string {
  const [low, high] = candidate.interval;
  const own = `${percent(candidate.accuracy)} % of ${candidate.n} pictures (${percent(low)} to ${percent(high)})`;
  if (champion === undefined || difference === undefined) return own;
  const [least, most] = difference.interval;
  return `${own}, the champion ${champion.model} ${percent(champion.accuracy)} % of the same; difference ${points(difference.accuracy)} points (${points(least)} to ${points(most)})`;
}

export function referenceOf({ name, version }: Pick<Artifact, 'name' | 'version'>): string {
  return `${name}:v${version}`;
}

function longest(contenders: readonly Contender[]): Contender {
  return contenders.reduce((best, each) => (each.n > best.n ? each : best));
}

function figuresOf({ name, runId, n, accuracy, interval: ends }: Contender): Evidence['candidate'] {
  return { model: name, runId: runId ?? '', n, accuracy, interval: both(ends) };
}

function both([low, high]: Interval): [number, number] {
  return [low, high];
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function points(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`;
}
