// What a person may ask of a running line, whichever way they reach it: MQTT, dashboard. One schema per command, so that
// every way validates the same; one port, `ExecuteCommand`, that the composition implements once.
import { z } from 'zod';
import type { LineEvent } from './line-event.ts';
import { ALARM_CODES } from './line-event.ts';
import { byMaterial } from './material.ts';

export const COMMAND_NAMES = ['start', 'pause', 'set-recipe', 'enable-bin', 'acknowledge-alarm', 'note', 'snapshot', 'ping'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

const bin = z.string().min(1).max(64);
const line = (max: number): z.ZodString => z.string().trim().min(1).max(max).regex(/^[^\p{Cc}]*$/u, 'control characters are not allowed');

const recipeSchema = z.strictObject({
  name: line(64).describe('Name of the recipe'),
  binByMaterial: z.strictObject(byMaterial((material) => bin.describe(`Bin for ${material}`))).describe('Bin each material goes to, or `residue`'),
  thresholdByMaterial: z.strictObject(byMaterial((material) => z.number().min(0).max(1).describe(`Confidence that ${material} needs`))).describe('Confidence each material needs'),
});

/** What each command needs beside its name; unknown keys are an error. */
export const COMMAND_ARGUMENTS = {
  'start': z.strictObject({}),
  'pause': z.strictObject({ reason: line(200).optional().describe('Why, for those who find the belt at rest') }),
  'set-recipe': z.strictObject({ recipe: recipeSchema.describe('The whole recipe; it holds until the next change or start of the service') }),
  'enable-bin': z.strictObject({ bin: bin.describe('Its id in the config'), enabled: z.boolean().describe('Whether items may go there') }),
  'acknowledge-alarm': z.strictObject({
    alarm: z.enum(ALARM_CODES).describe('Its code'),
    subject: line(200).optional().describe('What it is about; every subject of the alarm where absent'),
  }),
  'note': z.strictObject({ text: line(1000).describe('What to remember, for the record'), itemId: line(64).optional().describe('The item it is about') }),
  'snapshot': z.strictObject({}),
  'ping': z.strictObject({}),
} as const satisfies Record<CommandName, z.ZodObject>;

/** A command with its arguments, valid by {@link COMMAND_ARGUMENTS}. */
export type OperatorCommand = { [Name in CommandName]: { readonly name: Name } & ArgumentsOf<Name> }[CommandName];

/** A schema without keys infers a type that no key may be added to. */
type ArgumentsOf<Name extends CommandName, Output = z.output<(typeof COMMAND_ARGUMENTS)[Name]>> = string extends keyof Output ? unknown : Output;

export type CommandOf<Name extends CommandName> = Extract<OperatorCommand, { name: Name }>;

export interface Operator {
  /** Who, for the log and the ledger; `anna`, or what the way in knows of them. */
  readonly name: string;
  readonly via: 'mqtt' | 'dashboard';
}

export type CommandResult =
  | { readonly result: 'accepted'; readonly jpeg?: Uint8Array }
  | { readonly result: 'refused'; readonly reason: string };

/** Does what is asked, or says why not; logs who asked. Never rejects. */
export type ExecuteCommand = (command: OperatorCommand, by: Operator) => Promise<CommandResult>;

/** The command that `name` and `given` describe, or what is wrong with them, for the one who sent them. */
export function parseCommand(name: string, given: unknown): { readonly command: OperatorCommand } | { readonly problem: string } {
  const known = COMMAND_NAMES.find((each) => each === name);
  if (known === undefined) return { problem: `there is no command '${name.slice(0, 64)}'; there are ${COMMAND_NAMES.join(', ')}` };
  const parsed = COMMAND_ARGUMENTS[known].safeParse(given);
  if (parsed.success) return { command: { name: known, ...parsed.data } as OperatorCommand };
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || known}: ${message}`);
  return { problem: problems.join('; ').slice(0, 500) };
}

/** The name that states, recipes and logs carry: `anna (MQTT)`. */
export function operatorName({ name, via }: Operator): string {
  return `${name} (${via === 'mqtt' ? 'MQTT' : 'dashboard'})`;
}

/** What the record says of a command. */
export function commandEvent(command: OperatorCommand, by: Operator, options: { atNs: number; result: CommandResult }): Extract<LineEvent, { kind: 'operator.command' }> {
  const { name, ...detail } = command;
  const { atNs, result } = options;
  return {
    kind: 'operator.command', atNs, command: name, detail, by: operatorName(by),
    result: result.result, reason: result.result === 'refused' ? result.reason : undefined,
  };
}
