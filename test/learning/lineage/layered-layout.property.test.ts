import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layeredLayout } from '../../../src/learning/lineage/layered-layout.ts';

const graph = fc.integer({ min: 1, max: 12 }).chain((count) => {
  const id = fc.integer({ min: 0, max: count - 1 }).map(String);
  return fc.record({ ids: fc.constant(Array.from({ length: count }, (_, index) => String(index))), edges: fc.array(fc.record({ from: id, to: id }), { maxLength: 30 }) });
});

test('every node has a place of its own, and every route runs from its start to its end through free places', () => {
  fc.assert(fc.property(graph, ({ ids, edges }) => {
    const { placeById, routes, columns, rows } = layeredLayout(ids, edges);
    const taken = [...placeById.values(), ...routes.flatMap((route) => route.slice(1, -1))].map(({ column, row }) => `${column}/${row}`);
    expect(new Set(taken).size).toBe(taken.length);
    for (const { column, row } of placeById.values()) expect(column < columns && row < rows).toBe(true);
    routes.forEach((route, index) => {
      expect(route[0]).toEqual(placeById.get(edges[index]!.from));
      expect(route.at(-1)).toEqual(placeById.get(edges[index]!.to));
    });
  }));
});

test('without circles every edge points right, one column at a time', () => {
  fc.assert(fc.property(graph, ({ ids, edges }) => {
    const { routes } = layeredLayout(ids, edges.filter(({ from, to }) => Number(from) < Number(to)));
    for (const route of routes) expect(route.slice(1).map(({ column }, index) => column - route[index]!.column)).toEqual(route.slice(1).map(() => 1));
  }));
});

test('two crossed pairs are uncrossed', () => {
  const { placeById } = layeredLayout(['a', 'b', 'c', 'd'], [{ from: 'a', to: 'd' }, { from: 'b', to: 'c' }]);
  expect(placeById.get('a')!.row < placeById.get('b')!.row).toBe(placeById.get('d')!.row < placeById.get('c')!.row);
});
