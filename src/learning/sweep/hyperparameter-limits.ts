// What each hyperparameter takes, as numbers, read from the schema of a training run so that the two cannot differ.
import { z } from 'zod';
import { hyperparameters } from '../train/hyperparameters.ts';

export interface HyperparameterLimits {
  /** `words` takes only values that are listed: names, true and false. */
  readonly kind: 'whole' | 'real' | 'words';
  /** Without limit for `words`. */
  readonly min: number;
  readonly max: number;
}

const limitsByName = new Map<string, HyperparameterLimits>();

/** `name` must be a hyperparameter. */
export function limitsOf(name: string): HyperparameterLimits {
  const known = limitsByName.get(name);
  if (known !== undefined) return known;
  const { type, minimum = -Infinity, maximum = Infinity } = z.toJSONSchema(schemaOf(name), { io: 'input' }) as { type?: string; minimum?: number; maximum?: number };
  const limits = { kind: type === 'integer' ? 'whole' : type === 'number' ? 'real' : 'words', min: minimum, max: maximum } as const;
  limitsByName.set(name, limits);
  return limits;
}

export function takes(name: string, value: unknown): boolean {
  return schemaOf(name).safeParse(value).success;
}

/** What `name` takes, for a message: `a whole number from 1 to 512`, `one of \`adamw\`, \`sgd\``. */
export function takesText(name: string): string {
  const { kind, min, max } = limitsOf(name);
  if (kind !== 'words') return `${kind === 'whole' ? 'a whole number' : 'a number'} from ${min} to ${max}`;
  const { enum: words } = z.toJSONSchema(schemaOf(name), { io: 'input' }) as { enum?: readonly string[] };
  return words === undefined ? '`true` or `false`' : `one of ${words.map((word) => `\`${word}\``).join(', ')}`;
}

function schemaOf(name: string): z.ZodType {
  return hyperparameters.shape[name as keyof typeof hyperparameters.shape];
}
