// A recording as plain files, for tools that read no MCAP: pictures, tables, events, configuration and calibration.
//
//   OUT/frames/000042.jpg …   frames.csv   belt.csv   labels.csv   serial.csv   events.jsonl   config.json   calibration.yaml
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import type { WriteStream } from 'node:fs';
import { calibrationText } from '../calibrate/calibration-text.ts';
import type { Recording } from './open-recording.ts';
import type { RecordEntry } from './record-entry.ts';
import { makeWholeFolder } from './whole-folder.ts';

const TABLES = {
  'frames.csv': 'frame,captured_at_ns,encoder_counts,file',
  'belt.csv': 'at_ns,counts,counts_per_second',
  'labels.csv': 'item,material,position_counts,y_mm',
  'serial.csv': 'at_ns,direction,bytes_hex',
  'events.jsonl': undefined,
} as const;
type TableName = keyof typeof TABLES;

/** Makes the folder `out`, whole or not at all; the number of pictures. Throws RECORD_WRITE_FAILED, also where `out` is there already. */
export async function exportRecording(recording: Recording, out: string): Promise<number> {
  return makeWholeFolder(out, `the recording cannot be exported to ${out}`, async (folder) => {
    await mkdir(join(folder, 'frames'));
    await writeFile(join(folder, 'config.json'), `${JSON.stringify(recording.about.config, undefined, 2)}\n`);
    await writeFile(join(folder, 'calibration.yaml'), calibrationText(recording.about.calibration));
    return writeTables(recording, folder);
  });
}

async function writeTables(recording: Recording, folder: string): Promise<number> {
  const streams = new Map(Object.keys(TABLES).map((name) => [name as TableName, createWriteStream(join(folder, name))]));
  const failed = Promise.race([...streams.values()].map((stream) => new Promise<never>((_, reject) => stream.once('error', reject))));
  failed.catch(() => undefined);
  const put = async (name: TableName, line: string): Promise<void> => {
    const stream = streams.get(name)!;
    if (!stream.write(`${line}\n`)) await Promise.race([once(stream, 'drain'), failed]);
  };
  for (const [name, header] of Object.entries(TABLES)) if (header !== undefined) await put(name as TableName, header);
  let pictures = 0;
  for (const entry of recording.entries()) {
    if (entry.kind === 'frame') {
      const { sequence, format, data, capturedAtNs, encoderCounts } = entry.frame;
      const file = `frames/${String(sequence).padStart(6, '0')}.${format === 'jpeg' ? 'jpg' : 'png'}`;
      await writeFile(join(folder, file), data);
      await put('frames.csv', `${sequence},${capturedAtNs},${encoderCounts},${file}`);
      pictures++;
    } else {
      const row = rowOf(entry);
      if (row !== undefined) await put(...row);
    }
  }
  await Promise.race([Promise.all([...streams.values()].map(ended)), failed]);
  return pictures;
}

function rowOf(entry: Exclude<RecordEntry, { kind: 'frame' }>): [TableName, string] | undefined {
  switch (entry.kind) {
    case 'belt': return ['belt.csv', `${entry.sample.atNs},${entry.sample.counts},${entry.sample.countsPerSecond}`];
    case 'label': return ['labels.csv', `${entry.label.itemId ?? ''},${entry.label.material},${entry.label.positionCounts},${entry.label.yMm ?? ''}`];
    case 'serial': return ['serial.csv', `${entry.atNs},${entry.direction},${Buffer.from(entry.bytes).toString('hex')}`];
    case 'event': return ['events.jsonl', JSON.stringify(entry.event)];
    case 'board': return ['events.jsonl', JSON.stringify({ atNs: entry.atNs, board: entry.event })];
    case 'note': return ['events.jsonl', JSON.stringify({ kind: 'note', atNs: entry.atNs, text: entry.text })];
  }
}

async function ended(stream: WriteStream): Promise<void> {
  stream.end();
  await once(stream, 'finish');
}
