// What can happen to a board, as lines a person types. Each answers with what was done, or with what is allowed.
import type { Twin } from './twin.ts';

export const CONSOLE_HELP = `  e-stop on|off    jam on|off    full OUTPUT on|off    mute on|off
  speed MM_PER_S   reset         unplug                replug`;

const SWITCHES: Readonly<Record<string, (twin: Twin, on: boolean) => void>> = {
  'e-stop': (twin, on) => twin.setEStop(on),
  jam: (twin, on) => twin.setJam(on),
  mute: (twin, on) => twin.mute(on),
};

/** Does what the line says; undefined for an empty one. Rejects with what the cable throws. */
export async function obeyConsole(twin: Twin, line: string): Promise<string | undefined> {
  const [word = '', ...values] = line.trim().split(/\s+/);
  if (word === '') return undefined;
  const done = `done: ${[word, ...values].join(' ')}`;
  const isOn = values.at(-1) === 'on';
  const isSwitch = isOn || values.at(-1) === 'off';
  const number = /^\d+(\.\d+)?$/.test(values[0] ?? '') ? Number(values[0]) : undefined;
  if (SWITCHES[word] !== undefined && values.length === 1 && isSwitch) SWITCHES[word](twin, isOn);
  else if (word === 'full' && values.length === 2 && isSwitch && Number.isInteger(number) && number! <= 31) twin.setBinFull(number!, isOn);
  else if (word === 'speed' && values.length === 1 && number !== undefined && number <= 5000) twin.setBeltSpeed(number);
  else if (word === 'reset' && values.length === 0) twin.reset();
  else if (word === 'unplug' && values.length === 0) await twin.unplug();
  else if (word === 'replug' && values.length === 0) await twin.replug();
  else return `'${line.trim()}' is not understood; allowed:\n${CONSOLE_HELP}`;
  return done;
}
