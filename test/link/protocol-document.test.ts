// firmware-protocol.md against the code and the vectors: the page, the table and the bytes may not drift apart.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linkTimingOptions } from '../../src/link/options.ts';
import type { FieldSpec, MessageKind, MessageSpec } from '../../src/link/messages.ts';
import { MAX_AHEAD_COUNTS, MAX_WINDOW, MESSAGES, PROTOCOL_VERSION } from '../../src/link/messages.ts';
import { MAX_BLOCK_BYTES, MAX_FRAME_BYTES } from '../../src/link/frame-codec.ts';
import { vectors } from './vectors.ts';

const page = readFileSync(new URL('../../firmware-protocol.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```hex\n([^`]*)```/g)].flatMap((match) => match[1]!.trim().split('\n'))
  .map((line) => /^(\S+)\s+(frame|wire)\s+(.*)$/.exec(line)!.slice(1) as [string, 'frame' | 'wire', string]);

function rowsBetween(start: string, end: string): string[][] {
  const section = page.slice(page.indexOf(start), page.indexOf(end, page.indexOf(start)));
  return section.split('\n').filter((line) => /^\| (0x|\|| *\|)/.test(line)).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()));
}

function rangeText(field: FieldSpec): string {
  if (field.values !== undefined) return field.values.map((value) => `\`${value}\``).join(', ');
  if (field.type === 'ascii16') return '';
  const max = field.max ?? { u8: 0xff, u16: 0xffff, u32: 0xffff_ffff, i32: 0x7fff_ffff }[field.type];
  return `${field.min ?? (field.type === 'i32' ? -0x8000_0000 : 0)} … ${max}`;
}

/** The table of section 3 as the code has it: one row per field, id and name in the first. */
function expectedRows(from: 'host' | 'board'): string[][] {
  const entries = (Object.entries(MESSAGES) as [MessageKind, MessageSpec][]).filter(([, spec]) => spec.from === from);
  return entries.flatMap(([kind, spec]) => {
    const fields = spec.fields.map((field) => [field.name, field.type, field.unit, rangeText(field)]);
    return (fields.length === 0 ? [['–', '', '', '']] : fields).map((cells, index) =>
      [index === 0 ? `0x${spec.id.toString(16).toUpperCase().padStart(2, '0')}` : '', index === 0 ? `\`${kind}\`` : '', ...cells]);
  });
}

describe('firmware-protocol.md', () => {
  it.each(examples)('%s %s is the vector', (name, form, hex) => {
    expect(vectors.frames.find((frame) => frame.name === name)?.[form]).toBe(hex);
  });

  it('shows every vector', () => {
    expect([...new Set(examples.map(([name]) => name))].sort()).toEqual(vectors.frames.map(({ name }) => name).sort());
  });

  it('has the tables of the code', () => {
    expect(rowsBetween('### From the host', '### From the board')).toEqual(expectedRows('host'));
    expect(rowsBetween('### From the board', '## 4. Flow')).toEqual(expectedRows('board'));
  });

  it('compares counts as the vectors do', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| (\d+) \| (−?\d+) \|/gm)].map(([, a, b, difference]) => ({ a: Number(a), b: Number(b), difference: Number(difference!.replace('−', '-')) }));
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(vectors.difference32).toContainEqual(row);
  });

  it('names the numbers of the code', () => {
    const timing = linkTimingOptions.parse({});
    expect(page).toContain(`version ${PROTOCOL_VERSION}`);
    expect(page).toContain(`${MAX_FRAME_BYTES} / ${MAX_BLOCK_BYTES + 1} bytes`);
    expect(page).toContain(`1 … ${MAX_WINDOW} frames`);
    expect(MAX_AHEAD_COUNTS).toBe(2 ** 30);
    expect(page).toContain(`${timing.heartbeatMs} ms / ${timing.boardTimeoutMs} ms (100 … 5000 configurable) / ${timing.missedHeartbeats} periods`);
    expect(page).toContain(`${timing.helloRepeatMs} ms / ${timing.helloTimeoutMs / 1000} s`);
    expect(page).toContain(`${timing.beltPeriodMs} ms (5 … 250 configurable) / 100 ms`);
    expect(page).toContain(`${timing.maxLateCounts} counts`);
    expect(page).toContain(`0x${vectors.configCrc.crc}`);
  });
});
