// What can be wrong with a sweep file that fits its schema. Each finding names the place in the file and says, as the other
// problems of a file do, what was found and what is allowed. Pure; nothing is drawn before this has found nothing.
import { DISTRIBUTION_KEYS, createDistribution, distributionNameOf } from './distributions.ts';
import { gridSizeOf } from './grid.ts';
import { limitsOf, takes, takesText } from './hyperparameter-limits.ts';
import type { DistributionName, ParameterSpec, SweepConfig } from './sweep-config.ts';
import { IGNORED_KEYS } from './sweep-config.ts';

export interface SweepFinding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Everything that makes the sweep impossible, in no order. */
export function findingsOf(config: SweepConfig): SweepFinding[] {
  const specs = specsOf(config);
  if (specs.length === 0) return [{ path: ['parameters'], message: 'found no parameter; needed is at least one hyperparameter to search' }];
  const ofParameters = specs.flatMap(([name, spec]) => parameterFindings(name, spec).map(({ path, message }) => ({ path: ['parameters', name, ...path], message })));
  return [...ofParameters, ...hyperbandFindings(config), ...(ofParameters.length === 0 && config.method === 'grid' ? gridFindings(config, specs) : [])];
}

/** What the file says that has no effect, or another than one may think; for the terminal. */
export function notesOf(config: SweepConfig): string[] {
  const ignored = IGNORED_KEYS.filter((key) => config[key] !== undefined);
  const notes = ignored.length === 0 ? [] : [`${ignored.map((key) => `\`${key}\``).join(', ')} ${ignored.length === 1 ? 'is' : 'are'} ignored: Sortline's trainer runs the trials`];
  if (config.metric?.goal === 'minimize' && /accuracy|recall|precision|f1/.test(config.metric.name)) {
    notes.push(`the goal for \`${config.metric.name}\` is \`minimize\`, which is also what W&B takes where no goal is given; write \`goal: maximize\` if more is better`);
  }
  for (const [name, spec] of specsOf(config)) {
    if (!isExponential(spec.distribution) || !(spec.min! >= 0 && spec.max! <= 1)) continue;
    const drawn = createDistribution(spec, limitsOf(name));
    notes.push(`\`${name}\` is drawn from ${short(Number(drawn.at(1e-12)))} to ${short(Number(drawn.at(1 - 1e-12)))}: \`min\` and \`max\` of \`${spec.distribution}\` are exponents of e; for the values themselves write \`${spec.distribution}_values\``);
  }
  if (config.method !== 'grid' && config.run_cap === undefined) notes.push(`\`${config.method}\` without \`run_cap\` goes on until it is stopped`);
  return notes;
}

function parameterFindings(name: string, spec: ParameterSpec): SweepFinding[] {
  const distribution = distributionNameOf(spec);
  if (distribution === undefined) return [{ path: [], message: 'found nothing that says which values to try; needed is `value`, `values`, or `min` and `max`' }];
  const keys = keyFindings(distribution, spec);
  if (keys.length > 0) return keys;
  if (spec.values !== undefined || spec.value !== undefined) return choiceFindings(name, spec);
  return [...rangeFindings(distribution, spec), ...kindFindings(name, distribution, spec)].slice(0, 1);
}

function keyFindings(distribution: DistributionName, spec: ParameterSpec): SweepFinding[] {
  const { needs, may } = DISTRIBUTION_KEYS[distribution];
  const allowed = [...needs, ...may];
  const given = (Object.keys(spec) as (keyof ParameterSpec)[]).filter((key) => key !== 'distribution' && spec[key] !== undefined);
  const list = allowed.map((key) => `\`${key}\``).join(', ');
  return [
    ...needs.filter((key) => spec[key] === undefined).map((key) => ({ path: [], message: `found \`${distribution}\` without \`${key}\`; it takes ${list}` })),
    ...given.filter((key) => !(allowed as string[]).includes(key)).map((key) => ({ path: [key], message: `found \`${key}\`, which means nothing to \`${distribution}\`; it takes ${list}` })),
  ];
}

function choiceFindings(name: string, { value, values, probabilities }: ParameterSpec): SweepFinding[] {
  const wrong = (path: SweepFinding['path'], found: unknown): SweepFinding[] =>
    (takes(name, found) ? [] : [{ path, message: `found \`${String(found)}\`; \`${name}\` takes ${takesText(name)}` }]);
  if (values === undefined) return wrong(['value'], value);
  const findings = values.flatMap((found, index) => [
    ...wrong(['values', index], found),
    ...(values.indexOf(found) < index ? [{ path: ['values', index], message: `found \`${String(found)}\` a second time; allowed is each value once` }] : []),
  ]);
  if (probabilities === undefined) return findings;
  const sum = probabilities.reduce((total, probability) => total + probability, 0);
  if (probabilities.length !== values.length) findings.push({ path: ['probabilities'], message: `found ${probabilities.length} probabilities for ${values.length} values; needed is one for each` });
  else if (Math.abs(sum - 1) > 1e-6) findings.push({ path: ['probabilities'], message: `found probabilities that add up to ${Number(sum.toPrecision(6))}; needed is 1` });
  return findings;
}

function rangeFindings(distribution: DistributionName, { min, max }: ParameterSpec): SweepFinding[] {
  if (min === undefined || max === undefined) return [];
  if (min >= max) return [{ path: ['max'], message: `found a \`max\` of ${max} for a \`min\` of ${min}; needed is more` }];
  if (distribution === 'int_uniform' && !(Number.isInteger(min) && Number.isInteger(max))) {
    return [{ path: [Number.isInteger(min) ? 'max' : 'min'], message: 'found a fraction; `int_uniform` takes whole numbers' }];
  }
  if (distribution.endsWith('log_uniform_values') && min <= 0) return [{ path: ['min'], message: `found ${min}; the logarithm needs a \`min\` above 0` }];
  return [];
}

/** Whether what is drawn fits the hyperparameter. */
function kindFindings(name: string, distribution: DistributionName, spec: ParameterSpec): SweepFinding[] {
  const limits = limitsOf(name);
  if (limits.kind === 'words') return [{ path: [], message: `found \`${distribution}\`; \`${name}\` takes ${takesText(name)}, so needed are \`values\`` }];
  if (limits.kind === 'whole' && distribution !== 'int_uniform' && !(distribution.startsWith('q_') && Number.isInteger(spec.q ?? 1))) {
    return [{ path: [], message: `found \`${distribution}\`, which draws fractions; \`${name}\` takes ${takesText(name)}, so needed is \`int_uniform\`, or one of the \`q_\` distributions with a whole \`q\`` }];
  }
  if (spec.min === undefined || distribution.includes('normal')) return [];
  const drawn = createDistribution(spec, { min: -Infinity, max: Infinity });
  const [low, high] = [Number(drawn.at(1e-12)), Number(drawn.at(1 - 1e-12))];
  const slack = 1e-9 * Math.max(1, Math.abs(high));
  if (low >= limits.min - slack && high <= limits.max + slack) return [];
  const hint = isExponential(distribution) ? `; \`min\` and \`max\` of \`${distribution}\` are exponents of e, those of \`${distribution}_values\` are the values themselves` : '';
  return [{ path: [low < limits.min - slack ? 'min' : 'max'], message: `found values from ${short(low)} to ${short(high)}; \`${name}\` takes ${takesText(name)}${hint}` }];
}

function hyperbandFindings({ early_terminate: rules }: SweepConfig): SweepFinding[] {
  if (rules === undefined) return [];
  const at = (message: string): SweepFinding[] => [{ path: ['early_terminate'], message }];
  if (rules.min_iter === undefined && rules.max_iter === undefined) return at('found neither `min_iter` nor `max_iter`; needed is one of them');
  if (rules.min_iter !== undefined && rules.max_iter !== undefined) return at('found both `min_iter` and `max_iter`; needed is one of them');
  if (rules.min_iter !== undefined) return rules.s === undefined ? [] : [{ path: ['early_terminate', 's'], message: 'found `s` with `min_iter`; it belongs to `max_iter`' }];
  if (rules.s === undefined) return at('found `max_iter` without `s`; needed is the number of brackets');
  return rules.max_iter! / rules.eta >= 1 ? [] : [{ path: ['early_terminate', 'max_iter'], message: `found ${rules.max_iter}, which leaves no bracket; needed is at least \`eta\`, ${rules.eta}` }];
}

function gridFindings(config: SweepConfig, specs: readonly (readonly [string, ParameterSpec])[]): SweepFinding[] {
  const findings = specs.flatMap(([name, spec]) => {
    const distribution = distributionNameOf(spec)!;
    if (distribution !== 'categorical_w_probabilities' && createDistribution(spec, limitsOf(name)).values !== undefined) return [];
    return [{ path: ['parameters', name], message: `found \`${distribution}\`, whose values a grid cannot count; needed is \`value\`, \`values\`, \`int_uniform\` or \`q_uniform\`, or the method \`random\` or \`bayes\`` }];
  });
  if (findings.length > 0 || gridSizeOf(config) <= Number.MAX_SAFE_INTEGER) return findings;
  return [{ path: ['parameters'], message: 'found more combinations than can be counted; needed is a smaller grid, or the method `random`' }];
}

function specsOf(config: SweepConfig): [string, ParameterSpec][] {
  return Object.entries(config.parameters).filter((entry): entry is [string, ParameterSpec] => entry[1] !== undefined);
}

/** Whose `min` and `max` are exponents of e. */
function isExponential(distribution: DistributionName | undefined): distribution is DistributionName {
  return distribution === 'log_uniform' || distribution === 'q_log_uniform' || distribution === 'inv_log_uniform';
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
