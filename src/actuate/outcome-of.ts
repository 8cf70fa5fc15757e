// The board's and the link's words as outcomes of an item.
import type { Outcome, OutcomeCause } from '../domain/decision.ts';
import type { CommandResult, LinkEvent } from '../link/link.ts';

export interface Ending {
  readonly outcome: Outcome;
  readonly cause: OutcomeCause;
}

type MissedCause = Extract<LinkEvent, { kind: 'command.missed' }>['cause'];

/** What a command that was not accepted means for its items; undefined when it was, or when that is not known yet. */
export function endingOfResult(result: CommandResult): Ending | undefined {
  switch (result.result) {
    case 'acked':
    case 'timed-out': return undefined;
    case 'closed': return { outcome: 'missed', cause: 'link-down' };
    case 'rejected':
      if (result.reason === 'late') return { outcome: 'missed', cause: 'late-on-board' };
      if (result.reason === 'not-armed') return { outcome: 'missed', cause: 'link-down' };
      return { outcome: 'missed', cause: 'rejected-by-board' };
  }
}

/** What the board's report that it did not fire means. */
export function endingOfMissed(cause: MissedCause): Ending {
  return cause === 'late' ? { outcome: 'missed', cause: 'late-on-board' } : { outcome: 'inhibited', cause: 'cancelled' };
}

/** What taking everything back for `cause` means. */
export function endingOfAbandon(cause: OutcomeCause): Ending {
  switch (cause) {
    case 'cancelled':
    case 'paused':
    case 'bin-full':
    case 'bin-disabled':
    case 'neighbour': return { outcome: 'inhibited', cause };
    case 'vision-restart':
    case 'no-report':
    case 'unseen': return { outcome: 'lost', cause };
    default: return { outcome: 'missed', cause };
  }
}
