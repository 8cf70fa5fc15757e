// The contract the host gives the board at every connect. firmware-protocol.md § Configuration.
import { SortlineError } from '../base/errors.ts';
import { CRC16_INITIAL, crc16 } from './crc16.ts';
import type { OutputConfig } from './link.ts';
import { encodePayload, rangeProblem } from './message-codec.ts';
import { OUTPUT_FLAG } from './messages.ts';
import type { MessageOf } from './messages.ts';
import type { LinkTimingOptions } from './options.ts';
import type { RequestMessage } from './request-queue.ts';

/** The messages in the order they are sent; the last carries the CRC over the payloads of all before. */
export function configMessages(
  outputs: readonly OutputConfig[],
  timing: Pick<LinkTimingOptions, 'boardTimeoutMs' | 'beltPeriodMs' | 'maxLateCounts'>,
): RequestMessage[] {
  const messages: RequestMessage[] = [
    {
      kind: 'config.begin', outputCount: outputs.length,
      heartbeatTimeoutMs: timing.boardTimeoutMs, beltPeriodMs: timing.beltPeriodMs, maxLateCounts: timing.maxLateCounts,
    },
    ...inOrder(outputs).map(outputMessage),
  ];
  const configCrc = messages.reduce((crc, message) => crc16(encodePayload(message), {}, crc), CRC16_INITIAL);
  return [...messages, { kind: 'config.commit', configCrc }];
}

/** Throws LINK_PROTOCOL for an output no board could be configured with, so that a wrong configuration fails at start. */
export function checkOutputs(outputs: readonly OutputConfig[]): void {
  for (const [index, output] of inOrder(outputs).entries()) {
    const isRepeated = index > 0 && inOrder(outputs)[index - 1]!.output === output.output;
    const problem = isRepeated ? 'is configured twice' : rangeProblem(outputMessage(output));
    if (problem !== undefined) {
      throw new SortlineError('LINK_PROTOCOL', `output ${output.output}: ${problem}. Each actuator needs an output of its own with a longest time on in ms.`, { context: { output } });
    }
  }
}

function inOrder(outputs: readonly OutputConfig[]): OutputConfig[] {
  return [...outputs].sort((a, b) => a.output - b.output);
}

function outputMessage(config: OutputConfig): MessageOf<'config.output'> {
  return { kind: 'config.output', output: config.output, flags: config.safeOn ? OUTPUT_FLAG.safeOn : 0, maxOnMs: config.maxOnMs };
}
