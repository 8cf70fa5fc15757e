// The retained topics seen as Sparkplug metrics: one row says which field of which topic becomes which metric. The set is fixed
// when the service starts, as a birth must name every metric there will ever be.
import { OUTCOMES } from '../domain/decision.ts';
import { ALARM_CODES } from '../domain/line-event.ts';
import type { SparkplugMetric, SparkplugType, SparkplugValue } from './sparkplug-payload.ts';
import type { Payload } from './topics.ts';

export const REBIRTH = 'Node Control/Rebirth';
/** Aliases are the row's place in the table, from here. */
const FIRST_ALIAS = 1;

interface MetricRow {
  readonly name: string;
  readonly topic: string;
  readonly type: SparkplugType;
  readonly unit?: string | undefined;
  /** `payload`: '' where the topic was cleared. */
  of(payload: unknown): SparkplugValue;
}

function row<T>(name: string, topic: string, type: SparkplugType, of: (payload: T) => SparkplugValue, unit?: string): MetricRow {
  return { name, topic, type, unit, of: (payload) => of(payload as T) };
}

function metricRows(bins: readonly string[]): MetricRow[] {
  type State = Payload<'state'>;
  type Stats = Payload<'stats'>;
  type Bin = Payload<'bin'>;
  const figure = (bin: string, of: (figures: Stats['bins'][number]) => number | null) => ({ bins: all }: Stats): number | null => {
    const figures = all.find((each) => each.bin === bin);
    return figures === undefined ? null : of(figures);
  };
  return [
    row<State>('Line/State', 'state', 'String', ({ state }) => state),
    row<State>('Line/Reason', 'state', 'String', ({ reason }) => reason),
    row<Payload<'info'>>('Line/Model', 'info', 'String', ({ model }) => model?.name ?? null),
    row<Payload<'recipe'>>('Line/Recipe', 'recipe', 'String', ({ name }) => name),
    row<Stats>('Items/Seen', 'stats', 'Int64', ({ itemsSeen }) => itemsSeen, 'items'),
    row<Stats>('Items/Rate', 'stats', 'Double', ({ itemsPerSecond }) => itemsPerSecond, 'items/s'),
    ...OUTCOMES.map((outcome) => row<Stats>(`Items/${capital(outcome)}`, 'stats', 'Int64', ({ outcomes }) => outcomes[outcome] ?? 0, 'items')),
    row<Stats>('Belt/Speed', 'stats', 'Double', ({ beltMmPerSecond }) => beltMmPerSecond, 'mm/s'),
    row<Stats>('Line/Overhead p99', 'stats', 'Double', ({ overheadMsP99 }) => overheadMsP99, 'ms'),
    row<Stats>('Line/Queued Events', 'stats', 'Int64', ({ queued }) => queued),
    ...bins.flatMap((bin) => [
      row<Bin>(`Bins/${bin}/Full`, `bin/${bin}`, 'Boolean', ({ full }) => full),
      row<Bin>(`Bins/${bin}/Enabled`, `bin/${bin}`, 'Boolean', ({ enabled }) => enabled),
      row<Stats>(`Bins/${bin}/Items`, 'stats', 'Int64', figure(bin, ({ items }) => items), 'items'),
      row<Stats>(`Bins/${bin}/Purity`, 'stats', 'Double', figure(bin, ({ purity }) => purity)),
      row<Stats>(`Bins/${bin}/Recovery`, 'stats', 'Double', figure(bin, ({ recovery }) => recovery)),
    ]),
    ...ALARM_CODES.map((code) => row<object | ''>(`Alarms/${code}`, `alarm/${code}`, 'Boolean', (payload) => payload !== '')),
  ];
}

export class SparkplugMetrics {
  readonly #rows: readonly MetricRow[];
  readonly #values: SparkplugValue[];

  constructor(bins: readonly string[]) {
    this.#rows = metricRows(bins);
    this.#values = this.#rows.map(({ topic }) => (topic.startsWith('alarm/') ? false : null));
  }

  /** What a retained topic's new payload changes, as metrics with aliases: nothing where all is as it was. */
  hear(topic: string, payload: object | ''): SparkplugMetric[] {
    return this.#rows.flatMap(({ topic: of, type, of: valueIn }, index) => {
      if (of !== topic) return [];
      const value = valueIn(payload);
      if (value === this.#values[index]) return [];
      this.#values[index] = value;
      return [{ alias: FIRST_ALIAS + index, type, value }];
    });
  }

  /** Every metric with its name, alias and present value, for a birth. */
  all(): SparkplugMetric[] {
    return this.#rows.map(({ name, type, unit }, index) => ({ name, alias: FIRST_ALIAS + index, type, unit, value: this.#values[index]! }));
  }

  get rebirthAlias(): number {
    return FIRST_ALIAS + this.#rows.length;
  }
}

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}
