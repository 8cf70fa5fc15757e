// A lineage for the terminal: what made it above, what it made below, each step further in by one.
import type { LineageGraph, LineageNode } from './lineage-graph.ts';

/** Lines, each ended. What is reached by two ways is shown in full once, and named the other time. */
export function lineageText(graph: LineageGraph): string {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const neighbours = (id: string, way: 'from' | 'to'): LineageNode[] => {
    const far = way === 'from' ? 'to' : 'from';
    return graph.edges.filter((edge) => edge[far] === id).map((edge) => byId.get(edge[way])!).sort((a, b) => (a.atIso < b.atIso ? -1 : 1));
  };
  const lines: string[] = [];
  const branch = (node: LineageNode, way: 'from' | 'to', depth: number, shown: Set<string>): void => {
    const next = neighbours(node.id, way);
    const isRepeated = shown.has(node.id) && next.length > 0;
    lines.push(`${'  '.repeat(depth)}${lineOf(node)}${isRepeated ? ', as above' : ''}`);
    if (isRepeated) return;
    shown.add(node.id);
    for (const each of next) branch(each, way, depth + 1, shown);
  };
  const focus = graph.nodes.find(({ isFocus }) => isFocus)!;
  lines.push(lineOf(focus));
  for (const [heading, way] of [['made by', 'from'], ['led to', 'to']] as const) {
    const next = neighbours(focus.id, way);
    lines.push(next.length === 0 ? `${heading}: nothing that was recorded` : `${heading}:`);
    const shown = new Set([focus.id]);
    for (const each of next) branch(each, way, 1, shown);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function lineOf({ kind, title, detail, atIso }: LineageNode): string {
  return `${kind === 'run' ? 'run ' : ''}${title} (${detail}, ${atIso.slice(0, 16).replace('T', ' ')})`;
}
