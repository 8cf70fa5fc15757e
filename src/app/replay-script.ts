// What people and sensors did in the recording, done again at the same moments: start and pause, another recipe, E-stop, jam, full bins, the cable
// pulled, the board restarted. What the line did by itself it does again by itself.
import { reasonOf } from '../base/errors.ts';
import type { ManualClock } from '../base/manual-clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MonotonicNs } from '../base/units.ts';
import type { LineEvent, LineState } from '../domain/line-event.ts';
import type { LinkEvent } from '../link/link.ts';
import type { Twin } from '../sim/twin.ts';
import type { Line } from './line.ts';
import type { OutsideEvent } from './replay-input.ts';

export interface ScriptDeps {
  readonly clock: ManualClock;
  readonly log: Logger;
  readonly line: Line;
  readonly twin: Twin;
  /** Recipes and bins that people changed: not where another configuration is tried. */
  readonly withRecipes: boolean;
  readonly restartsNs: readonly MonotonicNs[];
}

/** The line's state just before `atNs`. */
export function stateAt(outside: readonly OutsideEvent[], atNs: MonotonicNs): LineState {
  let state: LineState = 'starting';
  for (const entry of outside) {
    if (entry.atNs > atNs) break;
    if (entry.kind === 'event' && entry.event.kind === 'line.state') state = entry.event.state;
  }
  return state;
}

/** Plans everything that happened after now, and brings about what held before. */
export function playScript(outside: readonly OutsideEvent[], deps: ScriptDeps): void {
  const { clock, twin, restartsNs } = deps;
  const nowNs = clock.nowNs();
  for (const entry of outside) {
    if (entry.atNs > nowNs) clock.at(entry.atNs, () => happen(entry, deps));
    // Sensors keep what they sense; a start is given by the composition, as the line must be ready for it.
    else if (entry.kind === 'board' && entry.event.kind === 'board.sensor') happen(entry, deps);
    else if (entry.kind === 'event' && (entry.event.kind === 'recipe.changed' || entry.event.kind === 'bin.state')) happen(entry, deps);
  }
  for (const atNs of restartsNs) if (atNs > nowNs) clock.at(atNs, () => twin.reset());
}

function happen(entry: OutsideEvent, deps: ScriptDeps): void {
  if (entry.kind === 'board') boardEvent(entry.event, deps);
  else lineEvent(entry.event, deps);
}

function lineEvent(event: LineEvent, { line, log, withRecipes }: ScriptDeps): void {
  if (event.kind === 'line.state' && event.state === 'running' && line.state !== 'running') {
    void line.requestStart(event.by).then((result) => { if (result.result === 'refused') log.warn(`the start by ${event.by} is refused in the replay: ${result.reason}`); });
  }
  if (event.kind === 'line.state' && event.state === 'paused') line.requestPause(event.by);
  if (!withRecipes) return;
  if (event.kind === 'recipe.changed' && event.by !== 'config') line.applyRecipe(event.recipe, [], event.by);
  if (event.kind === 'bin.state') line.enableBin(event.bin, event.enabled);
}

function boardEvent(event: LinkEvent, { twin, log }: ScriptDeps): void {
  const failed = (error: unknown): void => log.warn(`the cable of the replay: ${reasonOf(error)}`);
  if (event.kind === 'link.down' && twin.isPlugged) void twin.unplug().catch(failed);
  if (event.kind === 'link.up' && !twin.isPlugged) void twin.replug().catch(failed);
  if (event.kind !== 'board.sensor') return;
  const { event: sensed } = event;
  if (sensed.sensor === 'e-stop') twin.setEStop(sensed.active);
  if (sensed.sensor === 'jam') twin.setJam(sensed.active);
  if (sensed.sensor === 'bin-full') twin.setBinFull(sensed.output, sensed.active);
}
