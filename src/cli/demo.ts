// `sortline demo`: the whole line without hardware, as `npm start` runs it.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { defaultConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { wholeNumber } from './arguments.ts';

interface DemoFlags {
  readonly seed?: number;
  readonly images?: string;
  readonly webPort?: number;
  readonly mqttPort?: number;
}

export function addDemoCommand(program: Command): void {
  program.command('demo')
    .summary('run the line on a virtual belt, without hardware')
    .description('Runs the whole line without hardware: a virtual belt, a simulated microcontroller on a pseudo-terminal, an MQTT broker and the dashboard. Ctrl-C ends it with the ledger.')
    .option('--seed <n>', 'what lies on the belt follows from it', wholeNumber({ min: 0, max: 0xffff_ffff }))
    .option('--images <dir>', 'photographs to put on the belt, one folder per material, instead of drawings')
    .option('--web-port <n>', 'port of the dashboard; 0 takes a free one', wholeNumber({ min: 0, max: 65_535 }))
    .option('--mqtt-port <n>', 'port of the MQTT broker; 0 takes a free one', wholeNumber({ min: 0, max: 65_535 }))
    .addHelpText('after', '\nExample:\n  $ sortline demo --seed 42')
    .action(async (flags: DemoFlags) => {
      const { runLine } = await import('../app/run-line.ts');
      process.exitCode = await runLine({ config: demoConfig(flags), mode: 'demo' });
    });
}

function demoConfig(flags: DemoFlags): Config {
  const config = defaultConfig();
  const { sim, web, mqtt } = config;
  return {
    ...config,
    web: { ...web, port: flags.webPort ?? web.port },
    mqtt: { ...mqtt, embedded: { ...mqtt.embedded, port: flags.mqttPort ?? mqtt.embedded.port } },
    sim: {
      ...sim,
      world: { ...sim.world, seed: flags.seed ?? sim.world.seed },
      ...(flags.images !== undefined && { images: resolve(flags.images) }),
    },
  };
}
