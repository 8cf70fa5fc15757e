// Parsers of option values; a bad value is wrong usage (exit code 2) and says what is allowed.
import { InvalidArgumentError } from 'commander';

/** For `.option('--items <n>', …, wholeNumber({ min: 1 }))`. */
export function wholeNumber(range: { min: number; max?: number }): (text: string) => number {
  const { min, max = Number.MAX_SAFE_INTEGER } = range;
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`Found '${text}'; allowed is a whole number ${range.max === undefined ? `of ${min} or more` : `from ${min} to ${max}`}.`);
    }
    return value;
  };
}

/** For a measure: `12`, `0.5`. */
export function decimalNumber(range: { min: number; max: number }): (text: string) => number {
  return (text) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!(value >= range.min && value <= range.max)) {
      throw new InvalidArgumentError(`Found '${text}'; allowed is a number from ${range.min} to ${range.max}.`);
    }
    return value;
  };
}

/** For a value that something else has found wrong; `allowed` says what it takes. */
export function refuseValue(text: string, allowed: string): never {
  throw new InvalidArgumentError(`Found '${text}'; allowed is ${allowed}.`);
}
