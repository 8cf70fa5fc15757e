import { describe, expect, it } from 'vitest';
import { Metrics } from '../../src/web/metrics.ts';
import { decided, settled, state, stats } from './serve.ts';

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.render()).body.split('\n');
}

describe('metrics', () => {
  it('count items, decisions and landings by what they were', async () => {
    const metrics = new Metrics();
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

  it('name the provider in use and those that could not be loaded, with why', async () => {
    const metrics = new Metrics();
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
    const metrics = new Metrics();
    for (const framesProcessed of [100, 150, 20, 30]) metrics.handle(stats({ framesProcessed }));
    expect(await lines(metrics)).toContain('sortline_frames_processed_total 180');
  });

  it('follow Prometheus\' naming: counters end in _total, no metric carries an item', async () => {
    const metrics = new Metrics();
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
