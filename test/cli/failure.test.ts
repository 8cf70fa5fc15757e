import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { SortlineError } from '../../src/base/errors.ts';
import { decimalNumber, wholeNumber } from '../../src/cli/arguments.ts';
import { describeFailure } from '../../src/cli/failure.ts';

describe('describeFailure', () => {
  const refused = new SortlineError('MODEL_UNREADABLE', 'no model there', { cause: new SortlineError('IMAGE_UNREADABLE', 'inner', { cause: new Error('innermost') }) });

  it('shows code and message only', () => {
    expect(describeFailure(refused, false)).toEqual({ text: 'error MODEL_UNREADABLE: no model there', exitCode: 1 });
  });

  it('shows the causes and the stack when debugging', () => {
    const { text } = describeFailure(refused, true);
    expect(text.split('\n').slice(0, 3)).toEqual(['error MODEL_UNREADABLE: no model there', '  because IMAGE_UNREADABLE: inner', '  because innermost']);
    expect(text).toContain('\n    at ');
  });

  it('counts USAGE as wrong usage', () => {
    expect(describeFailure(new SortlineError('USAGE', 'no such thing'), false)).toEqual({ text: 'error USAGE: no such thing', exitCode: 2 });
  });

  it('is loud about what nobody foresaw', () => {
    const { text, exitCode } = describeFailure(new TypeError('x is undefined', { cause: 'why' }), false);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^error INTERNAL: TypeError: x is undefined\n {2}because why\nThis is a fault of Sortline[^]*\n {4}at /);
    expect(describeFailure('a text', false).text).toContain('error INTERNAL: a text');
  });

  it('ends on causes that are a loop', () => {
    const error = new Error('a');
    error.cause = error;
    expect(describeFailure(error, true).text.split('because').length).toBe(11);
  });
});

describe('numbers on the command line', () => {
  it.each(['0', '7', '100', '+5'])('%s is taken', (text) => {
    expect(wholeNumber({ min: 0, max: 100 })(text)).toBe(Number(text));
  });
  it.each(['-1', '101', '1.5', '1e3', '', ' 1', 'NaN', '0x10', '99999999999999999999'])('%j is no whole number from 0 to 100', (text) => {
    expect(() => wholeNumber({ min: 0, max: 100 })(text)).toThrow(InvalidArgumentError);
  });
  it.each(['0.5', '.5', '2', '1e0'])('%s is a measure', (text) => {
    expect(decimalNumber({ min: 0, max: 2 })(text)).toBe(Number(text));
  });
  it.each(['3', 'Infinity', 'x', ''])('%j is no measure from 0 to 2', (text) => {
    expect(() => decimalNumber({ min: 0, max: 2 })(text)).toThrow(InvalidArgumentError);
  });
});
