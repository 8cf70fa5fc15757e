// The board's static contract per output, from the actuators: the safe value of a jet or paddle is off.
import type { ActuatorOptions } from '../actuate/options.ts';
import type { OutputConfig } from '../link/link.ts';

export function outputsOf(actuators: readonly ActuatorOptions[]): OutputConfig[] {
  return actuators.map(({ output, maxOnMs }) => ({ output, maxOnMs, safeOn: false }));
}
