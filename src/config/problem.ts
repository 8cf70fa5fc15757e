// One thing wrong with a config file: where it is, what was found and what is allowed. Problems are values, all of them are
// collected, and none shows a secret.

export const CONFIG_PROBLEM_CODES = [
  'CONFIG_UNREADABLE',    // the file cannot be opened or is no text
  'CONFIG_SYNTAX',        // not YAML
  'CONFIG_DUPLICATE_KEY',
  'CONFIG_UNKNOWN_KEY',
  'CONFIG_MISSING',       // a key without a default is absent
  'CONFIG_WRONG_TYPE',
  'CONFIG_NOT_ALLOWED',   // right type, but out of range or not among the allowed values
  'CONFIG_INCONSISTENT',  // two places contradict each other
  'CONFIG_VARIABLE',      // a ${NAME} that the environment does not have
] as const;
export type ConfigProblemCode = (typeof CONFIG_PROBLEM_CODES)[number];

export type ConfigPath = readonly (string | number)[];

/** `Code` is wider where `sortline check` adds what opening the parts showed. */
export interface Problem<Code extends string = string> {
  readonly file: string;
  /** 1-based; the place of the value, or of the key where the key is the problem. */
  readonly line: number;
  readonly column: number;
  /** `actuators[2].offsetMm`; empty for the file as a whole. */
  readonly path: string;
  readonly code: Code;
  readonly message: string;
}

/** `actuators[2].offsetMm` */
export function pathText(path: ConfigPath): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');
}

/** One line for a terminal: `sortline.yaml:12:5 CONFIG_UNKNOWN_KEY actuators[0].hold: …` */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, code, message } = problem;
  return `${file}:${line}:${column} ${code}${path === '' ? '' : ` ${path}`}: ${message}`;
}
