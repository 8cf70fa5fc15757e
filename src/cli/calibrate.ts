// `sortline calibrate`: measures the geometry and colour of a line. Each step has a subcommand of its own; all take the line's
// config, and write to its folder of measured numbers.
import type { Command } from 'commander';
import { addCalibrateActuators } from './calibrate-actuators.ts';
import { addCalibrateBelt } from './calibrate-belt.ts';
import { addCalibrateCamera } from './calibrate-camera.ts';
import { addCalibrateColour } from './calibrate-colour.ts';
import { addCalibrateVerify } from './calibrate-verify.ts';

export function addCalibrateCommand(program: Command): void {
  const calibrate = program.command('calibrate')
    .summary('measure camera, belt, actuators and colour')
    .description('Measures the geometry of a line, step by step: the lens, the belt under it, the actuators, the colours; then verifies it with known items. Without -c, or with a virtual camera and board, it measures the virtual belt, whose geometry is known.')
    .addHelpText('after', '\nExample:\n  $ sortline calibrate camera -c sortline.yaml\n  $ sortline calibrate belt -c sortline.yaml --move-belt');
  for (const add of [addCalibrateCamera, addCalibrateBelt, addCalibrateActuators, addCalibrateColour, addCalibrateVerify]) add(calibrate);
  for (const command of calibrate.commands) command.showHelpAfterError(`See \`sortline calibrate ${command.name()} --help\`.`);
}
