// Sweep files: what is taken, and what each mistake is told, with its place.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseSchemaText } from '../../../src/config/load-schema-file.ts';
import type { DistributionName } from '../../../src/learning/sweep/sweep-config.ts';
import { DISTRIBUTIONS, IGNORED_KEYS, sweepConfig } from '../../../src/learning/sweep/sweep-config.ts';
import type { SweepConfig } from '../../../src/learning/sweep/sweep-config.ts';
import { findingsOf, notesOf } from '../../../src/learning/sweep/sweep-checks.ts';
import { suggestTrial } from '../../../src/learning/sweep/suggest-trial.ts';
import { hyperparameters } from '../../../src/learning/train/hyperparameters.ts';

const parse = (text: string) => parseSchemaText(text, 's.yaml', { schema: sweepConfig, check: findingsOf, ignoredKeys: IGNORED_KEYS, environment: {} });
const problemsOf = (text: string): string[] => {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
};
const parsed = (text: string): SweepConfig => {
  const result = parse(text);
  if (!result.ok) throw new Error(problemsOf(text).join('\n'));
  return result.value;
};
/** A sweep of one parameter, written on one line. */
const withParameter = (parameter: string, method = 'random'): string => `method: ${method}\nparameters:\n  ${parameter}\n`;

/** As W&B's documentation writes one, with the names of Sortline's hyperparameters. */
const WANDB_FILE = `
program: train.py
command: [ "\${env}", "\${interpreter}", "\${program}", "\${args}" ]
project: sorting
entity: plant-3
name: recipes
description: how fast to learn
method: bayes
run_cap: 40
metric:
  name: val/accuracy
  goal: maximize
  target: 0.99
early_terminate:
  type: hyperband
  min_iter: 3
parameters:
  learn_rate: { distribution: log_uniform_values, min: 1e-5, max: 1e-1 }
  batch_size: { values: [16, 32, 64] }
  epoch_qty: { distribution: q_uniform, min: 5, max: 50, q: 5 }
  optimiser: { distribution: categorical_w_probabilities, values: [adamw, sgd], probabilities: [0.7, 0.3] }
  transform_horz: { values: [true, false] }
  weight_decay: { distribution: normal, mu: 0.01, sigma: 0.005 }
  architecture: { value: resnet18 }
`;

describe('a file in W&B\'s form', () => {
  test('is taken as it is', () => {
    expect(parsed(WANDB_FILE)).toMatchObject({
      method: 'bayes', run_cap: 40, seed: 1, metric: { goal: 'maximize', target: 0.99 }, early_terminate: { type: 'hyperband', min_iter: 3, eta: 3, strict: false },
    });
  });

  test('is told which of its keys say nothing here', () => {
    expect(notesOf(parsed(WANDB_FILE))).toEqual(['`program`, `command`, `entity`, `project` are ignored: Sortline\'s trainer runs the trials']);
  });

  test('suggests only what a training run takes', () => {
    const config = parsed(WANDB_FILE.replace('bayes', 'random'));
    for (let number = 0; number < 100; number++) expect(hyperparameters.safeParse(suggestTrial(config, number, [])).error).toBeUndefined();
  });

  test('keeps its meaning through JSON, as the store keeps it', () => {
    const config = parsed(WANDB_FILE);
    expect(sweepConfig.parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });
});

describe('notes', () => {
  test('an accuracy that is to be small is a slip, though W&B\'s default', () => {
    expect(notesOf(parsed('method: grid\nmetric: { name: val/accuracy }\nparameters: { seed: { values: [1, 2] } }\n'))[0]).toMatch(/goal: maximize/);
    expect(notesOf(parsed('method: grid\nmetric: { name: val/loss }\nparameters: { seed: { values: [1, 2] } }\n'))).toEqual([]);
  });

  test('limits that look like values but are exponents are worked out', () => {
    const text = withParameter('learn_rate: { distribution: log_uniform, min: 0.0001, max: 0.1 }', 'random').concat('run_cap: 3\n');
    expect(notesOf(parsed(text))).toEqual(['`learn_rate` is drawn from 1 to 1.105: `min` and `max` of `log_uniform` are exponents of e; for the values themselves write `log_uniform_values`']);
    expect(notesOf(parsed(text.replace('0.0001', '-9').replace('0.1', '-2')))).toEqual([]);
  });

  test('a random sweep without a cap has no end', () => {
    expect(notesOf(parsed(withParameter('seed: { min: 1, max: 9 }')))).toEqual(['`random` without `run_cap` goes on until it is stopped']);
  });
});

test('the example is one, and draws what a training run takes', () => {
  const config = parsed(readFileSync(new URL('../../../sweep.example.yaml', import.meta.url), 'utf8'));
  expect(notesOf(config)).toEqual([]);
  for (let number = 0; number < 20; number++) expect(hyperparameters.safeParse(suggestTrial(config, number, [])).error).toBeUndefined();
});

/** What each distribution needs, so that a new one must be tried here. */
const COMPLETE: Record<DistributionName, string> = {
  constant: 'dropout: { distribution: constant, value: 0.5 }',
  categorical: 'dropout: { distribution: categorical, values: [0, 0.5] }',
  categorical_w_probabilities: 'dropout: { distribution: categorical_w_probabilities, values: [0, 0.5], probabilities: [0.5, 0.5] }',
  int_uniform: 'batch_size: { distribution: int_uniform, min: 8, max: 64 }',
  uniform: 'dropout: { distribution: uniform, min: 0, max: 0.5 }',
  q_uniform: 'batch_size: { distribution: q_uniform, min: 8, max: 64, q: 8 }',
  log_uniform: 'learn_rate: { distribution: log_uniform, min: -9.2, max: -2.3 }',
  log_uniform_values: 'learn_rate: { distribution: log_uniform_values, min: 0.0001, max: 0.1 }',
  q_log_uniform: 'batch_size: { distribution: q_log_uniform, min: 2, max: 5 }',
  q_log_uniform_values: 'batch_size: { distribution: q_log_uniform_values, min: 8, max: 128, q: 8 }',
  inv_log_uniform: 'learn_rate: { distribution: inv_log_uniform, min: 2.3, max: 9.2 }',
  inv_log_uniform_values: 'learn_rate: { distribution: inv_log_uniform_values, min: 0.0001, max: 0.1 }',
  normal: 'dropout: { distribution: normal, mu: 0.3, sigma: 0.1 }',
  q_normal: 'epoch_qty: { distribution: q_normal, mu: 20, sigma: 5 }',
  log_normal: 'learn_rate: { distribution: log_normal, mu: -7 }',
  q_log_normal: 'epoch_qty: { distribution: q_log_normal, mu: 3, sigma: 0.5, q: 1 }',
};

test.each(DISTRIBUTIONS)('%s is taken, and draws what the hyperparameter takes', (name) => {
  const config = parsed(withParameter(COMPLETE[name]));
  for (let number = 0; number < 50; number++) expect(hyperparameters.safeParse(suggestTrial(config, number, [])).error).toBeUndefined();
});

describe('problems', () => {
  test.each([
    ['no YAML', 'method: [grid\n', /^2:1 : found what is not YAML/],
    ['no method', 'parameters: { seed: { value: 1 } }\n', /method: found nothing; needed is one of `grid`, `random`, `bayes`/],
    ['another method', 'method: bayesian\nparameters: { seed: { value: 1 } }\n', /^1:9 method: found the text `bayesian`; .*did you mean `bayes`\?/],
    ['a key of another name', 'method: grid\nparameter: { seed: { value: 1 } }\n', /^2:1 parameter: .*did you mean `parameters`\?/m],
    ['no parameters', 'method: grid\nparameters: {}\n', /^2:13 parameters: found no parameter/],
    ['a hyperparameter of another name', withParameter('learning_rate: { value: 0.1 }'), /^3:3 parameters\.learning_rate: found the unknown key.*did you mean `learn_rate`\?/],
    ['nested parameters', withParameter('learn_rate: { parameters: { a: { value: 1 } } }'), /^3:17 parameters\.learn_rate\.parameters: found the unknown key/],
    ['nothing to draw from', withParameter('learn_rate: { min: 0.1 }'), /^3:15 parameters\.learn_rate: found nothing that says which values to try/],
    ['a distribution of another name', withParameter('learn_rate: { distribution: loguniform, min: 1, max: 2 }'), /^3:31 .*did you mean `log_uniform`\?/],
    ['a distribution without its limits', withParameter('learn_rate: { distribution: uniform, min: 0.1 }'), /^3:15 .*found `uniform` without `max`; it takes `min`, `max`/],
    ['a key that means nothing', withParameter('learn_rate: { min: 0.1, max: 0.2, q: 0.1 }'), /^3:40 parameters\.learn_rate\.q: found `q`, which means nothing to `uniform`/],
    ['limits the wrong way round', withParameter('learn_rate: { min: 0.2, max: 0.1 }'), /^3:32 parameters\.learn_rate\.max: found a `max` of 0\.1 for a `min` of 0\.2/],
    ['a value that is none', withParameter('batch_size: { values: [16, 0] }'), /^3:30 parameters\.batch_size\.values\[1\]: found `0`; `batch_size` takes a whole number from 1 to 512/],
    ['a word that is none', withParameter('optimiser: { value: adam }'), /^3:23 .*takes one of `adamw`, `sgd`/],
    ['a switch that is a word', withParameter('transform_horz: { values: ["yes"] }'), /^3:30 .*takes `true` or `false`/],
    ['a value twice', withParameter('batch_size: { values: [16, 32, 16] }'), /^3:34 .*found `16` a second time/],
    ['probabilities that do not add up', withParameter('batch_size: { values: [16, 32], probabilities: [0.5, 0.6] }'), /^3:50 .*add up to 1\.1/],
    ['too few probabilities', withParameter('batch_size: { values: [16, 32], probabilities: [1] }'), /^3:50 .*found 1 probabilities for 2 values/],
    ['limits beyond the hyperparameter', withParameter('dropout: { min: 0, max: 2.5 }'), /^3:27 parameters\.dropout\.max: found values from .* to 2\.5; `dropout` takes a number from 0 to 0\.9/],
    ['values where exponents are meant', withParameter('learn_rate: { distribution: log_uniform, min: 0.0001, max: 0.1 }'), undefined],
    ['exponents that leave the range', withParameter('learn_rate: { distribution: log_uniform, min: 1, max: 100 }'), /are exponents of e, those of `log_uniform_values` are the values themselves/],
    ['a logarithm of nothing', withParameter('learn_rate: { distribution: log_uniform_values, min: 0, max: 0.1 }'), /^3:56 .*needs a `min` above 0/],
    ['fractions for a whole number', withParameter('batch_size: { min: 8.5, max: 64 }'), /^3:15 .*needed is `int_uniform`/],
    ['a fraction as a limit of whole numbers', withParameter('batch_size: { distribution: int_uniform, min: 8, max: 9.5 }'), /^3:57 .*`int_uniform` takes whole numbers/],
    ['a range of words', withParameter('optimiser: { min: 0, max: 1 }'), /^3:14 .*so needed are `values`/],
    ['a grid of all numbers', withParameter('learn_rate: { min: 0.1, max: 0.2 }', 'grid'), /^3:15 parameters\.learn_rate: found `uniform`, whose values a grid cannot count/],
    ['a grid with probabilities', withParameter('batch_size: { values: [16, 32], probabilities: [0.5, 0.5] }', 'grid'), /whose values a grid cannot count/],
    ['hyperband without brackets', `${withParameter('seed: { value: 1 }')}early_terminate: { type: hyperband }\n`, /^4:18 early_terminate: found neither `min_iter` nor `max_iter`/],
    ['hyperband with both', `${withParameter('seed: { value: 1 }')}early_terminate: { type: hyperband, min_iter: 1, max_iter: 9, s: 2 }\n`, /found both/],
    ['hyperband without s', `${withParameter('seed: { value: 1 }')}early_terminate: { type: hyperband, max_iter: 9 }\n`, /found `max_iter` without `s`/],
    ['hyperband that is too short', `${withParameter('seed: { value: 1 }')}early_terminate: { type: hyperband, max_iter: 2, s: 2 }\n`, /which leaves no bracket/],
    ['another early termination', `${withParameter('seed: { value: 1 }')}early_terminate: { type: median }\n`, /allowed is `hyperband`/],
    ['a metric without a name', `${withParameter('seed: { value: 1 }')}metric: { goal: maximize }\n`, /metric\.name: found nothing/],
  ])('%s', (_, text, message) => {
    const problems = problemsOf(text);
    if (message === undefined) expect(problems).toEqual([]);
    else expect(problems.join('\n')).toMatch(message);
  });

  test('each thing wrong is one problem, in the order of the file', () => {
    expect(problemsOf('method: grid\nparameters:\n  batch_size: { values: [0] }\n  dropout: { value: 3 }\nearly_terminate: { type: hyperband }\n').map((problem) => problem.split(' ')[0])).toEqual(['3:26', '4:21', '5:18']);
  });
});
