import { describe, expect, it, onTestFinished } from 'vitest';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { Metrics } from '../../src/web/metrics.ts';
import { decided, settled, state, stats } from './serve.ts';

function openMetrics(): Metrics {
  const metrics = new Metrics({ viewers: () => 3, cutViewers: () => 2, failedLogins: () => 1 });
  onTestFinished(() => metrics.close());
  return metrics;
}

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.render()).body.split('\n');
}

describe('metrics', () => {
  it('count items, decisions and landings by what they were', async () => {
    const metrics = openMetrics();
    for (const event of [state('running'), decided, settled, stats()]) metrics.handle(event);
    metrics.handle({ kind: 'item.truth', atNs: 1, itemId: 'run-000001', truth: { material: 'plastic', landedIn: 'metal' } });
    expect(await lines(metrics)).toEqual(expect.arrayContaining([
      'sortline_items_settled_total{outcome="sorted",cause="fired",bin="metal"} 1',
      'sortline_decisions_total{reason="recipe",material="metal"} 1',
      'sortline_items_landed_total{material="plastic",bin="metal"} 1',
      'sortline_line_state{state="running"} 1',
      'sortline_line_state{state="safe"} 0',
      'sortline_belt_speed_metres_per_second 0.5',
      'sortline_fire_error_counts_bucket{le="0"} 0',
      'sortline_fire_error_counts_bucket{le="1"} 1',
    ]));
  });

  it('say how long the stages of an item took', async () => {
    const metrics = openMetrics();
    metrics.handle({ kind: 'item.seen', atNs: 0, itemId: 'run-000001', sighting: { trackId: 1, frameSequence: 1, capturedAtNs: 0, boxPx: { x: 0, y: 0, width: 1, height: 1 }, position: { positionCounts: 0, yMm: 0, lengthMm: 1, widthMm: 1 } } });
    metrics.handle({ ...decided, decision: { ...(decided as Extract<LineEvent, { kind: 'item.decided' }>).decision, decidedAtNs: 0.15e9 } } as LineEvent);
    metrics.handle({ kind: 'item.commanded', atNs: 0.152e9, itemId: 'run-000001', command: { commandId: 1, output: 0, fireAtCounts: 1, holdMs: 1 } });
    metrics.handle({ ...settled, atNs: 2.2e9 } as LineEvent);
    expect(await lines(metrics)).toEqual(expect.arrayContaining([
      'sortline_decision_seconds_bucket{le="0.1"} 0', 'sortline_decision_seconds_bucket{le="0.2"} 1', 'sortline_command_seconds_bucket{le="0.005"} 1',
      'sortline_item_seconds_bucket{le="2"} 0', 'sortline_item_seconds_bucket{le="3"} 1',
    ]));
  });

  it('count viewers, logins and what people asked for', async () => {
    const metrics = openMetrics();
    metrics.handle({ kind: 'operator.command', atNs: 1, command: 'pause', detail: {}, by: 'anna', result: 'accepted', reason: undefined });
    expect(await lines(metrics)).toEqual(expect.arrayContaining(['sortline_web_viewers 3', 'sortline_web_viewers_cut_total 2', 'sortline_web_logins_failed_total 1', 'sortline_operator_commands_total{command="pause",result="accepted"} 1']));
    expect(await lines(metrics)).toContain('sortline_web_logins_failed_total 1');
  });

  it('name the provider in use and those that could not be loaded, with why', async () => {
    const metrics = openMetrics();
    metrics.handle({ kind: 'model.in-use', atNs: 1, model: { model: 'm', sha256: 'aa', provider: 'cpu', unavailable: [{ provider: 'cuda', reason: 'no "GPU"' }], warmUpMs: 250 } });
    expect(await lines(metrics)).toEqual(expect.arrayContaining([
      'sortline_provider_info{provider="cpu",model="m",sha256="aa"} 1',
      'sortline_provider_unavailable_info{provider="cuda",reason="no \\"GPU\\""} 1',
      'sortline_model_warm_up_seconds 0.25',
    ]));
    metrics.handle({ kind: 'model.in-use', atNs: 1, model: { model: 'm', sha256: 'aa', provider: 'cuda', unavailable: [], warmUpMs: 250 } });
    expect((await lines(metrics)).filter((line) => line.startsWith('sortline_provider_unavailable_info{'))).toEqual([]);
  });

  it('keep counting when the vision process restarts from zero', async () => {
    const metrics = openMetrics();
    for (const framesProcessed of [100, 150, 20, 30]) metrics.handle(stats({ framesProcessed }));
    expect(await lines(metrics)).toContain('sortline_frames_processed_total 180');
  });

  it('follow Prometheus\' naming: counters end in _total, no metric carries an item', async () => {
    const metrics = openMetrics();
    for (const event of [decided, settled, stats()]) metrics.handle(event);
    const all = await lines(metrics);
    for (const line of all.filter((text) => text.startsWith('# TYPE'))) {
      const [, , name, type] = line.split(' ');
      expect(name!.endsWith('_total'), name).toBe(type === 'counter');
      expect(name).toMatch(/^(sortline|process)_[a-z0-9_]+$/);
    }
    expect(all.join('\n')).not.toContain('run-000001');
    expect(all).toContainEqual(expect.stringMatching(/^process_resident_memory_bytes \d{7,}$/));
  });
});
