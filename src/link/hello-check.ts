// Whether the board that said hello can be used. firmware-protocol.md § Versions.
import type { LinkRefusalCode, OutputConfig } from './link.ts';
import type { MessageOf } from './messages.ts';
import { PROTOCOL_VERSION } from './messages.ts';

export interface Refusal {
  readonly code: LinkRefusalCode;
  readonly message: string;
}

/** Why not, for a person to act on; undefined where it can. */
export function refusalOf(hello: MessageOf<'hello.reply'>, outputs: readonly OutputConfig[]): Refusal | undefined {
  const firmware = `firmware '${hello.firmware}'`;
  if (hello.version !== PROTOCOL_VERSION) {
    const board = hello.minVersion === hello.maxVersion ? `version ${hello.minVersion}` : `versions ${hello.minVersion} to ${hello.maxVersion}`;
    const chosen = hello.version === 0 ? '' : ` and chose version ${hello.version}`;
    return {
      code: 'LINK_VERSION',
      message: `the board (${firmware}) speaks protocol ${board}${chosen}, this host speaks version ${PROTOCOL_VERSION}. Flash firmware for version ${PROTOCOL_VERSION}, or install the Sortline that goes with the board.`,
    };
  }
  const highest = outputs.reduce((max, { output }) => Math.max(max, output), -1);
  if (highest >= hello.outputCount) {
    return {
      code: 'LINK_OUTPUTS',
      message: `the board (${firmware}) has ${hello.outputCount} outputs, 0 to ${hello.outputCount - 1}, but an actuator is configured on output ${highest}. Correct the actuator's output, or use a board with more.`,
    };
  }
  return undefined;
}
