import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lineageGraph } from '../../../src/learning/lineage/lineage-graph.ts';
import { lineageMermaid } from '../../../src/learning/lineage/lineage-mermaid.ts';
import { lineageSvg } from '../../../src/learning/lineage/lineage-svg.ts';
import { lineageText } from '../../../src/learning/lineage/lineage-text.ts';
import { pictures, storeRig } from '../store/store-rig.ts';
import type { StoreRig } from '../store/store-rig.ts';
import { smallFamily } from './small-family.ts';
import type { Family } from './small-family.ts';

let rig: StoreRig;
let family: Family;
beforeEach(async () => {
  rig = storeRig();
  family = await smallFamily(rig.store, rig.clock);
});
afterEach(() => rig[Symbol.dispose]());

const titles = (artifact: Family['raw']): string[] => lineageGraph(rig.store, artifact).nodes.map(({ title }) => title);

describe('the graph', () => {
  test('holds what led to the artifact and what it led to, and no relatives by marriage', () => {
    expect(titles(family.model)).toEqual(['import-trash', 'trash:v0', 'split-trash', 'trash-train:v0', 'trash-val:v0', 'train-1', 'net:v0', 'evaluate-net-v0']);
    expect(titles(family.val)).toEqual(['import-trash', 'trash:v0', 'split-trash', 'trash-val:v0', 'train-1', 'net:v0', 'evaluate-net-v0']);
    expect(titles(family.raw)).toHaveLength(10);
  });

  test('has an edge for each reading and each making', () => {
    const { nodes, edges } = lineageGraph(rig.store, family.model);
    const titleById = new Map(nodes.map(({ id, title }) => [id, title]));
    expect(edges.map(({ from, to }) => `${titleById.get(from)} → ${titleById.get(to)}`).toSorted()).toEqual([
      'import-trash → trash:v0', 'net:v0 → evaluate-net-v0', 'split-trash → trash-train:v0', 'split-trash → trash-val:v0',
      'train-1 → net:v0', 'trash-train:v0 → train-1', 'trash-val:v0 → train-1', 'trash:v0 → split-trash',
    ]);
  });

  test('ends where a run makes what it read', async () => {
    const run = rig.store.startRun({ kind: 'split', name: 'again', config: {} });
    run.use(family.raw);
    await rig.store.addArtifact(pictures('trash', { a: '1' }, { runId: run.id }));
    const graph = lineageGraph(rig.store, family.raw);
    expect(graph.nodes.map(({ title }) => title)).toContain('again');
    for (const draw of [lineageText, lineageMermaid, lineageSvg]) expect(String(draw(graph))).toContain('again');
  });
});

describe('drawings', () => {
  test('as text', () => {
    const text = lineageText(lineageGraph(rig.store, family.model)).replaceAll(/, \d{4}-\d\d-\d\d \d\d:\d\d\)/g, ')');
    expect(text).toBe(`net:v0 (model)
made by:
  run train-1 (train, finished)
    trash-train:v0 (split_data, latest)
      run split-trash (split, finished)
        trash:v0 (raw_data, latest)
          run import-trash (import, finished)
    trash-val:v0 (split_data, latest)
      run split-trash (split, finished), as above
led to:
  run evaluate-net-v0 (evaluate, finished)
`);
  });

  test('an artifact without history says so', async () => {
    const alone = await rig.store.addArtifact(pictures('alone', { a: 'x' }));
    expect(lineageText(lineageGraph(rig.store, alone))).toMatch(/^alone:v0 \(raw_data, latest, .*\)\nmade by: nothing that was recorded\nled to: nothing that was recorded\n$/);
    expect(lineageSvg(lineageGraph(rig.store, alone)).text).toContain('alone:v0');
  });

  test('as Mermaid, with every odd letter in a name made harmless', () => {
    const run = rig.store.startRun({ kind: 'evaluate', name: 'a "b"] --> <c>', config: {} });
    run.use(family.model);
    const text = lineageMermaid(lineageGraph(rig.store, family.model));
    expect(text.split('\n')[0]).toBe('flowchart LR');
    expect(text).toContain('(["a #34;b#34;#93; --#62; #60;c#62;<br/>evaluate, running"])');
    expect(text).toMatch(/\["net:v0<br\/>model"\]/);
    expect(text.match(/ --> /g)).toHaveLength(9);
  });

  test('as SVG, with names escaped and every node once', () => {
    const run = rig.store.startRun({ kind: 'evaluate', name: '<script>"', config: {} });
    run.use(family.model);
    const svg = lineageSvg(lineageGraph(rig.store, family.model)).text;
    expect(svg).not.toContain('<script>');
    expect(svg.match(/<rect x=/g)).toHaveLength(9);
    expect(svg.match(/marker-end/g)).toHaveLength(9);
    expect(svg.match(/stroke-width="3"/g)).toHaveLength(1);
    expect(svg).not.toContain('NaN');
  });
});
