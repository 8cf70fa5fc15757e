import { describe, expect, it } from 'vitest';
import { parseProcessorTime, processorTime, stolenShare } from '../../src/app/machine-share.ts';

const STAT = 'cpu  8984859 910662 1252997 5816917 78920 0 33786 113024 0 0\ncpu0 4478146 429444 609461 2990240 21588 0 13030 54138 0 0\n';

describe('processor time', () => {
  it('is read from the line of all cores', () => {
    expect(parseProcessorTime(STAT)).toEqual({ busy: 8984859 + 910662 + 1252997 + 33786, stolen: 113024 });
    expect(parseProcessorTime('cpu  1 2 3 4 5\n')).toBeUndefined();
    expect(parseProcessorTime('')).toBeUndefined();
  });

  it('is told by this machine, and grows', () => {
    const from = processorTime()!, to = processorTime()!;
    expect(from.busy).toBeGreaterThan(0);
    expect(to.busy).toBeGreaterThanOrEqual(from.busy);
  });
});

describe('the stolen share', () => {
  it('is of the time in which something was to run', () => {
    expect(stolenShare({ busy: 100, stolen: 10 }, { busy: 198, stolen: 12 })).toBeCloseTo(0.02);
    expect(stolenShare({ busy: 100, stolen: 10 }, { busy: 100, stolen: 10 })).toBe(0);
  });
});
