// Opens the sweeps of a learning store: its database, with the tables of sweep-tables.ts. The life of trials is in trial-queue.ts.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { wallIso } from '../../base/clock.ts';
import { SortlineError } from '../../base/errors.ts';
import type { Database } from '../../ledger/sqlite.ts';
import type { ProcessIdentity } from '../store/process-life.ts';
import { thisProcess } from '../store/process-life.ts';
import { openStoreDatabase } from '../store/store-database.ts';
import { sweepOf, trialsOf } from './sweep-rows.ts';
import type { Sweep, SweepState, SweepStore } from './sweep-store.ts';
import { createTrialQueue } from './trial-queue.ts';


export interface SweepStoreDeps {
  readonly clock: Clock;
  /** Who takes trials; this process where absent. */
  readonly here?: ProcessIdentity;
}

/** Opens or creates the learning store in `folder`. Throws STORE_OPEN_FAILED, STORE_VERSION, STORE_BUSY, STORE_FULL, STORE_DAMAGED. */
export function openSweepStore(folder: string, { clock, here = thisProcess() }: SweepStoreDeps): SweepStore {
  const database = openStoreDatabase(folder, { wallMs: clock.wallMs() });
  const select = (rest: string, ...values: string[]): Sweep[] => database.prepare(`SELECT * FROM sweeps ${rest}`).all(...values).map(sweepOf);
  const find = (reference: string): Sweep => findSweep(reference, select);
  const queue = createTrialQueue({ database, here, wallMs: () => Math.round(clock.wallMs()) });

  return {
    create: ({ name, config, task }) => database.transaction(() => {
      const id = freeId(database, clock);
      database.prepare("INSERT INTO sweeps (sweep_id, name, config, task, state, created_wall_ms) VALUES (?, ?, ?, ?, 'running', ?)")
        .run(id, name, JSON.stringify(config), JSON.stringify(task), Math.round(clock.wallMs()));
      return find(id);
    }),
    sweeps: () => select('ORDER BY created_wall_ms DESC, sweep DESC'),
    sweep: find,
    trials: (sweepId) => trialsOf(database, find(sweepId)),
    change: (sweepId, state) => database.transaction(() => {
      change(database, find(sweepId), state);
      // Nobody may be there to notice that nothing runs any more.
      if (state === 'stopping' || state === 'cancelled') queue.take(find(sweepId));
      return find(sweepId);
    }),
    ...queue,
    take: (sweepId) => database.transaction(() => queue.take(find(sweepId))),
    close: () => database.close(),
  };
}

const ALLOWED_BEFORE: Record<'running' | 'paused' | 'stopping' | 'cancelled', readonly SweepState[]> = {
  running: ['running', 'paused', 'stopping'],
  paused: ['running', 'paused'],
  stopping: ['running', 'paused', 'stopping'],
  cancelled: ['running', 'paused', 'stopping', 'cancelled'],
};

function change(database: Database, sweep: Sweep, state: keyof typeof ALLOWED_BEFORE): void {
  if (!ALLOWED_BEFORE[state].includes(sweep.state)) {
    throw new SortlineError('SWEEP_REFUSED', `sweep ${sweep.id} is ${sweep.state}${sweep.reason === undefined ? '' : ` (${sweep.reason})`} and cannot become ${state}: begin a new one with \`sortline sweep FILE\``, { context: { id: sweep.id, state: sweep.state } });
  }
  const reason = state === 'stopping' || state === 'cancelled' ? 'stopped by command' : null;
  database.prepare('UPDATE sweeps SET state = ?, reason = ? WHERE sweep_id = ?').run(state, reason, sweep.id);
}

function findSweep(reference: string, select: (rest: string, ...values: string[]) => Sweep[]): Sweep {
  const exact = select('WHERE sweep_id = ?', reference)[0] ?? select('WHERE name = ? ORDER BY created_wall_ms DESC, sweep DESC LIMIT 1', reference)[0];
  if (exact !== undefined) return exact;
  const [begun, another] = reference === '' ? [] : select('WHERE substr(sweep_id, 1, length(?1)) = ?1 ORDER BY sweep DESC LIMIT 2', reference);
  if (begun !== undefined && another === undefined) return begun;
  const known = select('ORDER BY created_wall_ms DESC, sweep DESC LIMIT 5').map(({ id, name }) => `${id} (${name})`);
  throw new SortlineError('SWEEP_NOT_FOUND',
    another !== undefined ? `\`${reference}\` is the beginning of several sweeps: give more of the id` : `there is no sweep \`${reference}\` in this learning store; ${known.length === 0 ? 'it has none yet' : `there are ${known.join(', ')}`}. Is it the right --store?`,
    { context: { reference } });
}

/** As the ids of runs: sortable by time. */
function freeId(database: Database, clock: Clock): string {
  const time = wallIso(clock).slice(0, 19).replaceAll(/[-:]/g, '');
  for (;;) {
    const id = `${time}-${randomBytes(2).toString('hex')}`;
    if (database.prepare('SELECT 1 FROM sweeps WHERE sweep_id = ?').get(id) === undefined) return id;
  }
}
