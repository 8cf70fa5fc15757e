// `sortline recording import`: a video of a belt, and what lay on it, as a recording.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { defaultConfig } from '../config/load-config.ts';
import { decimalNumber, wholeNumber } from './arguments.ts';
import { configFrom } from './config-file.ts';

interface ImportFlags {
  readonly out: string;
  readonly config?: string;
  readonly calibration?: string;
  readonly beltMmPerS?: number;
  readonly encoder?: string;
  readonly labels?: string;
  readonly fps?: number;
  readonly quality: number;
}

export function addRecordingImport(parent: Command): void {
  parent.command('import <video>').description('Makes a recording of a plain video of the belt, with labels from a CSV file (second,material[,y_mm]: when an item\'s middle passes the camera origin).')
    .requiredOption('-o, --out <file>', 'file to write')
    .option('-c, --config <file>', 'config of the line: recipe, actuators, calibration')
    .option('--calibration <file>', 'calibration of the camera that took it, where the config names another')
    .option('--belt-mm-per-s <n>', 'even speed of the belt', decimalNumber({ min: 0.1, max: 20_000 }))
    .option('--encoder <file>', 'encoder counts as CSV (second,counts), instead of an even speed')
    .option('--labels <file>', 'what the items truly are')
    .option('--fps <n>', 'pictures a second, where the file does not say', decimalNumber({ min: 0.1, max: 1000 }))
    .option('--quality <n>', 'JPEG quality of the pictures', wholeNumber({ min: 30, max: 100 }), 90)
    .addHelpText('after', '\nExample:\n  $ sortline recording import belt.mp4 -c sortline.yaml --belt-mm-per-s 350 --labels labels.csv --out belt.mcap')
    .action(async (video: string, { out, config: file, calibration: calibrationFile, beltMmPerS, encoder, labels, fps, quality }: ImportFlags) => {
      const { SortlineError } = await import('../base/errors.ts');
      const { aboutVideo, videoEntries } = await import('../app/import-video.ts');
      const { calibrationFor } = await import('../app/calibration-for.ts');
      const { writeRecording } = await import('../record/write-recording.ts');
      if ((beltMmPerS === undefined) === (encoder === undefined)) throw new SortlineError('USAGE', 'say how the belt moved: either --belt-mm-per-s N or --encoder FILE');
      const config = file === undefined ? defaultConfig() : configFrom(file);
      const calibration = calibrationFor(calibrationFile === undefined ? config : { calibration: { file: resolve(calibrationFile) } });
      const options = {
        video: resolve(video), config, calibration, belt: beltMmPerS === undefined ? { file: encoder! } : { mmPerSecond: beltMmPerS }, labels, framesPerSecond: fps, quality,
        wallMs: statSync(video, { throwIfNoEntry: false })?.mtimeMs ?? 0,
      };
      const { frames, bytes } = await writeRecording(resolve(out), aboutVideo(options), videoEntries(options));
      process.stdout.write(`${out}: ${frames} pictures, ${(bytes / 1e6).toFixed(1)} MB\n`);
    });
}
