// The Grafana dashboard and the alert rules ask for metrics and labels that the service has, so that a renamed metric breaks a test
// and not a panel.
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { LINE_STATES } from '../../src/domain/line-event.ts';
import { OUTCOMES } from '../../src/domain/decision.ts';
import { Metrics } from '../../src/web/metrics.ts';

const read = (path: string): string => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8');

interface Rule { alert: string; expr: string; labels: { severity: string }; annotations: { summary: string; action: string } }
interface Panel { title: string; gridPos: { x: number; w: number }; targets: { expr: string }[] }

const rules = (parse(read('alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const panels = (JSON.parse(read('grafana/sortline-prometheus.json')) as { panels: Panel[] }).panels;
const queries = [...rules.map(({ alert, expr }) => [alert, expr] as const), ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const))];

/** Every name that a scrape can hold, histograms' parts included. */
async function metricNames(): Promise<Set<string>> {
  const metrics = new Metrics({ viewers: () => 0, cutViewers: () => 0, failedLogins: () => 0 });
  onTestFinished(() => metrics.close());
  const types = [...(await metrics.render()).body.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(['up', ...types.flatMap(([, name, type]) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!]))]);
}

describe('dashboard and alerts', () => {
  test.each(queries)('%s: %s', async (_, expr) => {
    const names = [...expr.matchAll(/\b(up|(?:sortline|process)_[a-z0-9_]+)\b/g)].map(([name]) => name!);
    expect(names.length).toBeGreaterThan(0);
    const known = await metricNames();
    for (const name of names) expect([...known], name).toContain(name);
    for (const [, state] of expr.matchAll(/state="([a-z]+)"/g)) expect(LINE_STATES).toContain(state);
    for (const [, outcomes] of expr.matchAll(/outcome[=!~]+"([a-z|]+)"/g)) for (const outcome of outcomes!.split('|')) expect(OUTCOMES).toContain(outcome);
    expect(expr.replaceAll(/[^(]/g, '').length).toBe(expr.replaceAll(/[^)]/g, '').length);
  });

  test('every alert says how grave it is and what to do', () => {
    for (const { labels, annotations } of rules) expect([labels.severity, annotations.summary.length > 10, annotations.action.length > 10]).toEqual([expect.stringMatching(/^(critical|warning)$/), true, true]);
  });

  test('panels fit the grid', () => {
    for (const { gridPos: { x, w } } of panels) expect(x + w).toBeLessThanOrEqual(24);
  });
});
