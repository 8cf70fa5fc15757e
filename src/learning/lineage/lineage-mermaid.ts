// A lineage as a Mermaid flowchart, which GitHub, GitLab and many wikis draw (mermaid.js.org/syntax/flowchart).
import type { LineageGraph, LineageNode } from './lineage-graph.ts';

export function lineageMermaid({ nodes, edges }: LineageGraph): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  return [
    'flowchart LR',
    ...nodes.map((node) => `  ${names.get(node.id)}${shapeOf(node)}`),
    ...edges.map(({ from, to }) => `  ${names.get(from)} --> ${names.get(to)}`),
    ...nodes.filter(({ isFocus }) => isFocus).map(({ id }) => `  style ${names.get(id)} stroke-width:3px`),
    '',
  ].join('\n');
}

/** Artifacts are boxes, runs have round ends. */
function shapeOf({ kind, title, detail }: LineageNode): string {
  const label = `"${escaped(title)}<br/>${escaped(detail)}"`;
  return kind === 'artifact' ? `[${label}]` : `([${label}])`;
}

/** Mermaid's own entities: `#35;` for `#`. */
function escaped(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,:_/+-]/gu, (sign) => `#${sign.codePointAt(0)};`);
}
