import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load-config.ts';
import { formatProblem } from '../../src/config/problem.ts';

/** Every problem of `text` as one line, without the file's name. */
function problemsOf(text: string, environment: Record<string, string> = {}): string[] {
  const loaded = parseConfig(text, { file: 'line.yaml', environment });
  return loaded.ok ? [] : loaded.problems.map((problem) => formatProblem(problem).replace('line.yaml:', ''));
}

describe('a config file with a mistake', () => {
  it.each<[string, string, string[]]>([
    ['an unknown section', 'webb: {}\n', [expect.stringMatching(/^1:1 CONFIG_UNKNOWN_KEY webb: found the unknown key `webb`; allowed here are `line`, .*; did you mean `web`\?$/) as unknown as string]],
    ['an unknown key with a near one', 'web:\n  prot: 80\n', ['2:3 CONFIG_UNKNOWN_KEY web.prot: found the unknown key `prot`; allowed here are `enabled`, `host`, `port`, `users`, `sessionHours`, `proxy`, `tls`, `metricsTokenFile`, `maxViewers`, `shifts`, `labels`; did you mean `port`?']],
    ['another spelling of a key', 'scheduler: { min_lead_ms: 20 }\n', ['1:14 CONFIG_UNKNOWN_KEY scheduler.min_lead_ms: found the unknown key `min_lead_ms`; allowed here are `minLeadMs`, `decisionReserveMs`, `reportTimeoutMs`, `restLimitMs`; did you mean `minLeadMs`?']],
    ['an unknown key with none near', 'web:\n  colour: red\n', ['2:3 CONFIG_UNKNOWN_KEY web.colour: found the unknown key `colour`; allowed here are `enabled`, `host`, `port`, `users`, `sessionHours`, `proxy`, `tls`, `metricsTokenFile`, `maxViewers`, `shifts`, `labels`']],
    ['a text for a number', 'web:\n  port: "80"\n', ['2:9 CONFIG_WRONG_TYPE web.port: found the text `80`; allowed is a whole number from 0 to 65535']],
    ['a fraction for a whole number', 'web: { port: 80.5 }\n', ['1:14 CONFIG_WRONG_TYPE web.port: found `80.5`; allowed is a whole number from 0 to 65535']],
    ['a number out of range', 'recipe:\n  thresholds:\n    default: 60\n', ['3:14 CONFIG_NOT_ALLOWED recipe.thresholds.default: found `60`; allowed is a number from 0 to 1']],
    ['a word out of the list', 'log: { level: warning }\n', ['1:15 CONFIG_NOT_ALLOWED log.level: found the text `warning`; allowed is one of `debug`, `info`, `warn`, `error`; did you mean `warn`?']],
    ['a list for a mapping', 'web: [1]\n', ['1:6 CONFIG_WRONG_TYPE web: found a list; allowed is a mapping with `enabled`, `host`, `port`, `users`, `sessionHours`, `proxy`, `tls`, `metricsTokenFile`, `maxViewers`, `shifts`, `labels`']],
    ['a section without content', 'line: {}\nweb:\n', ['2:1 CONFIG_WRONG_TYPE web: found nothing (leave the key out for the default); allowed is a mapping with `enabled`, `host`, `port`, `users`, `sessionHours`, `proxy`, `tls`, `metricsTokenFile`, `maxViewers`, `shifts`, `labels`']],
    ['a word that breaks a rule', 'line: { id: "line 4" }\n', ['1:13 CONFIG_NOT_ALLOWED line.id: found the text `line 4`; the rule is: a name is 1 to 64 letters, digits, dashes and underscores: it becomes part of MQTT topics']],
    ['an address without a host', 'mqtt: { url: "mqtt://" }\n', ['1:14 CONFIG_NOT_ALLOWED mqtt.url: found the text `mqtt://`; the rule is: expected an address such as mqtt://broker.local:1883 or mqtts://broker.local:8883']],
    ['no value where one is needed', 'link:\n  connection:\n    kind: serial\n', ['2:3 CONFIG_MISSING link.connection.path: found nothing; needed is a text, not empty']],
    ['an unknown kind', 'link: { connection: { kind: seriell } }\n', ['1:29 CONFIG_NOT_ALLOWED link.connection.kind: found the text `seriell`; allowed is one of `serial`, `tcp`, `twin`; did you mean `serial`?']],
    ['a key of another kind', 'link: { connection: { kind: twin, baudRate: 9600 } }\n', ['1:35 CONFIG_UNKNOWN_KEY link.connection.baudRate: found the unknown key `baudRate`; allowed here are `kind`, `via`']],
    ['a hold longer than the longest', 'bins: [{ id: metal }]\nactuators: [{ id: a, bin: metal, output: 0, offsetMm: 9, holdMs: 200 }]\nrecipe: { bins: { cardboard: metal, glass: metal, paper: metal, plastic: metal } }\n', ['2:66 CONFIG_NOT_ALLOWED actuators[0].holdMs: found `200`; the rule is: must not be longer than maxOnMs']],
    ['no mapping at all', '- 1\n', ['1:1 CONFIG_WRONG_TYPE: found no mapping at the top of the file; allowed are keys with values, such as `line:`']],
    ['a duplicate key', 'log: { level: info }\nlog: { level: warn }\n', ['2:1 CONFIG_DUPLICATE_KEY: found the key `log` a second time in this mapping; allowed is each key once']],
    ['a tab', 'log:\n\tlevel: info\n', ['2:1 CONFIG_SYNTAX: found a tab as indentation; allowed are spaces']],
    ['an open bracket', 'bins: [{ id: metal\n', [expect.stringMatching(/^\d+:\d+ CONFIG_SYNTAX: found what is not YAML: Flow map/) as unknown as string, expect.stringMatching(/CONFIG_SYNTAX/) as unknown as string]],
    ['two documents', 'log: {}\n---\nlog: {}\n', [expect.stringMatching(/CONFIG_SYNTAX: found a second YAML document/) as unknown as string]],
    ['an unknown tag', 'log: !include other.yaml\n', [expect.stringMatching(/^1:6 CONFIG_SYNTAX: found what is not YAML: Unresolved tag/) as unknown as string]],
  ])('%s', (_, text, expected) => {
    expect(problemsOf(text)).toEqual(expected);
  });

  it('is told everything at once, in the order of the file', () => {
    const text = ['recipe:', '  bins: { metal: mettal, plastik: plastic }', 'web: { port: none }', 'decide: { minLooks: 9 }', 'log: { level: "${LEVEL}" }', ''].join('\n');
    expect(problemsOf(text).map((line) => line.split(': ')[0])).toEqual([
      '2:18 CONFIG_INCONSISTENT recipe.bins.metal', '2:26 CONFIG_UNKNOWN_KEY recipe.bins.plastik', '3:14 CONFIG_WRONG_TYPE web.port',
      '4:21 CONFIG_INCONSISTENT decide.minLooks', '5:15 CONFIG_VARIABLE log.level',
    ]);
  });
});

describe('values that contradict each other', () => {
  const twoActuators = (change: { first?: string; second?: string }): string => [
    'bins: [{ id: metal }, { id: glass }]',
    'recipe: { bins: { cardboard: residue, glass: glass, metal: metal, paper: residue, plastic: residue } }',
    'actuators:',
    `  - { id: a, bin: metal, output: 0, offsetMm: 1000${change.first ?? ''} }`,
    `  - ${change.second ?? '{ id: b, bin: glass, output: 1, offsetMm: 1300 }'}`,
    '',
  ].join('\n');

  it('are good when they do not', () => {
    expect(problemsOf(twoActuators({}))).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    ['an output twice', '{ id: b, bin: glass, output: 0, offsetMm: 1300 }', ['5:34 CONFIG_INCONSISTENT actuators[1].output: found `0`, which actuators[0] has; allowed is an output of its own']],
    ['a name twice', '{ id: a, bin: glass, output: 1, offsetMm: 1300 }', ['5:11 CONFIG_INCONSISTENT actuators[1].id: found `a`, which actuators[0] has; allowed is an id of its own']],
    ['a place twice', '{ id: b, bin: glass, output: 1, offsetMm: 1000 }', ['5:47 CONFIG_INCONSISTENT actuators[1].offsetMm: found `1000`, which actuators[0] has; allowed is an offsetMm of its own']],
    ['an unknown bin', '{ id: b, bin: glas, output: 1, offsetMm: 1300 }', [
      '1:29 CONFIG_INCONSISTENT bins[1].id: found the bin `glass`, which no actuator fills; needed is an entry of `actuators` with `bin: glass`',
      '5:19 CONFIG_INCONSISTENT actuators[1].bin: found the bin `glas`; allowed are the ids under `bins`: `metal`, `glass`; did you mean `glass`?',
    ]],
  ])('%s', (_, second, expected) => {
    expect(problemsOf(twoActuators({ second }))).toEqual(expected);
  });

  it('say nothing about entries that could not be read', () => {
    expect(problemsOf(twoActuators({ second: '{ id: b, bin: glass, output: 1 }' }))).toEqual([
      '5:5 CONFIG_MISSING actuators[1].offsetMm: found nothing; needed is a number from -100000 to 100000',
    ]);
  });

  it('name a recipe without its bin', () => {
    expect(problemsOf('recipe: { bins: { glass: bottles } }\n')).toEqual([
      '1:26 CONFIG_INCONSISTENT recipe.bins.glass: found the bin `bottles`; allowed are the ids under `bins`: `cardboard`, `glass`, `metal`, `paper`, `plastic`, `residue`',
    ]);
  });

  it('point at what is written where the other side is a default', () => {
    expect(problemsOf('log: {}\nbins: [{ id: metal }]\n')[0]).toBe(
      '2:7 CONFIG_INCONSISTENT recipe.bins.cardboard: found the bin `cardboard`; allowed are the ids under `bins`: `metal`, `residue`');
    expect(problemsOf('log: {}\nactuators: [{ id: a, bin: metal, output: 0, offsetMm: 9 }]\n')[0]).toBe(
      '2:12 CONFIG_INCONSISTENT bins[0].id: found the bin `cardboard`, which no actuator fills; needed is an entry of `actuators` with `bin: cardboard`');
  });

  it('name a simulated plant that does not fit the actuators', () => {
    expect(problemsOf('sim: { twin: { outputCount: 4, endMm: 2000 } }\n')).toEqual([
      '1:6 CONFIG_INCONSISTENT actuators[4].output: found `4`; allowed on the simulated board is a whole number from 0 to 3, as sim.twin.outputCount is 4',
      '1:39 CONFIG_INCONSISTENT sim.twin.endMm: found `2000`; allowed is a number above 2420, where the last actuator\'s zone ends',
    ]);
  });

  it('name a camera that does not fit the board or lacks its calibration', () => {
    expect(problemsOf('link: { connection: { kind: serial, path: /dev/ttyACM0 } }\n')).toEqual([
      '1:29 CONFIG_INCONSISTENT camera.source.kind: found the virtual belt as camera, but the board is reached by `kind: serial`; allowed is a real camera, or the simulated board (`link.connection.kind: twin`), which moves the virtual belt',
    ]);
    expect(problemsOf('camera:\n  source: { kind: v4l2 }\n')).toEqual([
      '2:19 CONFIG_INCONSISTENT calibration.file: found nothing; needed with `kind: v4l2` is the calibration file of this camera over this belt',
    ]);
    expect(problemsOf('camera: { capture: { retryFirstMs: 900, retryMaxMs: 800 } }\n')).toEqual([
      '1:36 CONFIG_INCONSISTENT camera.capture.retryFirstMs: found `900`; allowed is a number up to retryMaxMs, which is 800',
    ]);
  });

  it('name times that cannot work', () => {
    expect(problemsOf('link: { timing: { heartbeatMs: 200, boardTimeoutMs: 500 } }\n')).toEqual([
      '1:53 CONFIG_INCONSISTENT link.timing.boardTimeoutMs: found `500`; allowed is three heartbeats or more, 600 ms: one lost heartbeat must not stop the line',
    ]);
    expect(problemsOf('link: { timing: { retryFirstMs: 900, retryMaxMs: 800 } }\n')).toEqual([
      '1:33 CONFIG_INCONSISTENT link.timing.retryFirstMs: found `900`; allowed is a number up to retryMaxMs, which is 800',
    ]);
  });
});

describe('values from the environment', () => {
  it('fill texts, with defaults and escapes', () => {
    const loaded = parseConfig('line: { id: "${LINE}", site: "${SITE:-north}" }\nsim: { images: "$${x}" }\n', { file: 'line.yaml', environment: { LINE: 'l4' } });
    expect(loaded).toMatchObject({ ok: true, config: { line: { id: 'l4', site: 'north' } } });
    expect(loaded.ok && loaded.config.sim.images).toMatch(/\/\$\{x\}$/);
  });

  it('are asked for by name when they are missing', () => {
    expect(problemsOf('line:\n  id: ${LINE}\n')).toEqual(['2:7 CONFIG_VARIABLE line.id: found `${LINE}`, but the environment has no LINE; set it, or give a default as ${LINE:-default}']);
    expect(problemsOf('bins:\n  - id: metal\n  - id: ${1}\n').slice(-1)[0]).toMatch(/^3:9 CONFIG_VARIABLE bins\[1\]\.id: found `\$\{1\}`; allowed is \$\{NAME\}/);
  });

  it('are never shown, wrong as they may be', () => {
    const text = problemsOf('line: { id: "${SECRET}" }\nweb: { port: "${SECRET}" }\n', { SECRET: 'hunter 2' }).join('\n');
    expect(text).not.toContain('hunter');
    expect(text).toContain('found `${SECRET}` from the environment, which is a text');
  });
});

describe('a good file', () => {
  it('may be empty', () => {
    for (const text of ['', '{}', '# nothing\n', '---\n']) expect(parseConfig(text, { file: 'line.yaml', environment: {} }).ok).toBe(true);
  });

  it('starts its relative paths at its own folder', () => {
    const loaded = parseConfig('classifier: { model: models/mine }\ncalibration: { file: /abs/c.json }\n', { file: '/etc/sortline/line.yaml', environment: {} });
    expect(loaded).toMatchObject({ ok: true, config: { classifier: { model: '/etc/sortline/models/mine' }, calibration: { file: '/abs/c.json' } } });
  });

  it('knows the champion as a word and its store as a path', () => {
    const modelOf = (text: string): unknown => {
      const loaded = parseConfig(text, { file: '/etc/sortline/line.yaml', environment: {} });
      return loaded.ok ? [loaded.config.classifier.model, loaded.config.classifier.store] : loaded.problems;
    };
    expect(modelOf('classifier: { model: champion, store: learning }\n')).toEqual(['champion', '/etc/sortline/learning']);
    expect(modelOf('classifier: { model: ./champion }\n')).toEqual(['/etc/sortline/champion', undefined]);
  });

  it('may use anchors', () => {
    const loaded = parseConfig('bins: [{ id: metal }]\nrecipe: { bins: { cardboard: &r residue, glass: *r, paper: *r, plastic: *r, trash: *r } }\nactuators: [{ id: a, bin: metal, output: 0, offsetMm: 1 }]\n', { file: 'x', environment: {} });
    expect(loaded).toMatchObject({ ok: true, config: { recipe: { bins: { glass: 'residue', metal: 'metal' } } } });
  });

  it('waits for an operator on real hardware, and starts by itself on the simulated board', () => {
    const startOf = (text: string): string | undefined => {
      const loaded = parseConfig(text, { file: 'x', environment: {} });
      return loaded.ok ? loaded.config.line.start : undefined;
    };
    expect(startOf('')).toBe('auto');
    const real = 'camera: { source: { kind: v4l2 } }\ncalibration: { file: c.yaml }\nlink: { connection: { kind: serial, path: /dev/ttyACM0 } }\n';
    expect(startOf(real)).toBe('operator');
    expect(startOf(`line: { start: auto }\n${real}`)).toBe('auto');
  });

  it('says where its values stand', () => {
    const loaded = parseConfig('web:\n  port: 0\nclassifier: {}\n', { file: 'x', environment: {} });
    expect(loaded.ok && [loaded.placeOf(['web', 'port']), loaded.placeOf(['classifier', 'model']), loaded.placeOf(['log', 'level'])])
      .toEqual([{ line: 2, column: 9 }, { line: 3, column: 1 }, { line: 1, column: 1 }]);
  });
});
