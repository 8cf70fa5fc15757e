// What of a virtual machine's processor time its host gave to others, as Linux counts it: without knowing it a slow figure of `bench` is
// taken for the line's.
import { readFileSync } from 'node:fs';

/** Processor time of all cores since boot, in the kernel's ticks. */
export interface ProcessorTime {
  /** In which something ran here. */
  readonly busy: number;
  /** In which something would have run, had the host let it. */
  readonly stolen: number;
}

/** Now; undefined where it cannot be told (elsewhere than on Linux). */
export function processorTime(): ProcessorTime | undefined {
  try {
    return parseProcessorTime(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return undefined;
  }
}

/** Of the text of /proc/stat (proc(5)); undefined where it has no line for all cores, or one without stolen time. */
export function parseProcessorTime(text: string): ProcessorTime | undefined {
  // user, nice, system, idle, iowait, irq, softirq, steal; what guests of this machine had is part of user and nice.
  const ticks = /^cpu +([\d ]+)$/m.exec(text)?.[1]?.trim().split(/ +/).map(Number);
  if (ticks === undefined || ticks.length < 8) return undefined;
  const [user, nice, system, , , irq, softirq, stolen] = ticks as [number, number, number, number, number, number, number, number];
  return { busy: user + nice + system + irq + softirq, stolen };
}

/** Of the time in which something was to run between the two, the share that was stolen; 0 where nothing was to. */
export function stolenShare(from: ProcessorTime, to: ProcessorTime): number {
  const stolen = to.stolen - from.stolen, wanted = to.busy - from.busy + stolen;
  return wanted > 0 ? stolen / wanted : 0;
}
