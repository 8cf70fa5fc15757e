// What core code does not do by itself: throw nameless errors, read the clock, wait, roll dice, end the process.
import { describe, expect, test } from 'vitest';
import { codeOf, sourceFiles } from './source-files.ts';

const files = sourceFiles('src').filter((file) => !file.path.startsWith('src/web/page/'));

/** The edges that may touch real time, each with its reason. */
const realTime: Record<string, string> = {
  'src/base/clock.ts': 'is the clock',
  'src/app/bench-worker.ts': 'measures the real machine',
  'src/app/signals.ts': 'last words of a dying process: no clock may be waited for',
  'src/app/simulate-line.ts': 'says how long virtual time took in real time (wallSeconds)',
  'src/onnx/runtime.ts': 'measures how long native code took; virtual time has no such duration',
};

describe('core code', () => {
  test('throws only SortlineError, or RangeError and TypeError for a mistake of the programmer', () => {
    expect(occurrences(/throw new (?!SortlineError|RangeError|TypeError)\w*Error\(/, 'src/cli/arguments.ts')).toEqual([]);
  });

  test('takes the time from a Clock', () => {
    expect(occurrences(/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.hrtime\b|(?<!\.)\bset(Timeout|Interval)\(|timers\/promises/, ...Object.keys(realTime))).toEqual([]);
  });

  test('takes chance from a Random', () => {
    expect(occurrences(/\bMath\.random\(/)).toEqual([]);
  });

  test('each exception of these rules is still needed', () => {
    const idle = Object.keys(realTime).filter((path) => !files.some((file) => file.path === path && /performance\.now|setTimeout|setInterval|Date\.now|hrtime/.test(codeOf(file.text))));
    expect(idle).toEqual([]);
  });

  test('logs through the Logger', () => {
    expect(occurrences(/\bconsole\.\w+\(/)).toEqual([]);
  });

  test('uses only syntax that Node erases', () => {
    expect(occurrences(/^\s*(export )?(const )?(enum|namespace) \w+/m)).toEqual([]);
  });
});

/** `path: line` of each line of code that matches, outside the files named. */
function occurrences(pattern: RegExp, ...except: string[]): string[] {
  return files.filter((file) => !except.includes(file.path)).flatMap((file) => codeOf(file.text).split('\n')
    .filter((line) => pattern.test(line))
    .map((line) => `${file.path}: ${line.trim()}`));
}
