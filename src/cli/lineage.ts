// `sortline lineage`: what made an artifact, and what it made.
import type { Command } from 'commander';
import { Option } from 'commander';
import type { LineageGraph } from '../learning/lineage/lineage-graph.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';

const FORMATS = ['text', 'svg', 'mermaid', 'json'] as const;

interface LineageFlags extends StoreFlags {
  readonly format: (typeof FORMATS)[number];
}

export function addLineageCommand(program: Command): void {
  const command = program.command('lineage')
    .summary('draw what made an artifact and what it made')
    .description('Shows the runs and artifacts that led to an artifact, back to the first import, and all that it led to since.')
    .argument('<artifact>', 'name, name:v3, name:alias or the beginning of a digest')
    .addOption(new Option('--format <format>', 'how to draw it').choices(FORMATS).default('text'))
    .addHelpText('after', '\nExamples:\n  $ sortline lineage trashnet:v3\n  $ sortline lineage trashnet:v3 --format svg > lineage.svg')
    .action(async (reference: string, flags: LineageFlags) => {
      const { lineageGraph } = await import('../learning/lineage/lineage-graph.ts');
      await withStore(flags, async (store) => {
        process.stdout.write(await drawn(lineageGraph(store, store.artifact(reference)), flags.format));
      }, { isReading: true });
    });
  withStoreOption(command);
}

async function drawn(graph: LineageGraph, format: LineageFlags['format']): Promise<string> {
  switch (format) {
    case 'text': return (await import('../learning/lineage/lineage-text.ts')).lineageText(graph);
    case 'svg': return (await import('../learning/lineage/lineage-svg.ts')).lineageSvg(graph).text;
    case 'mermaid': return (await import('../learning/lineage/lineage-mermaid.ts')).lineageMermaid(graph);
    case 'json': return `${JSON.stringify(graph)}\n`;
  }
}
