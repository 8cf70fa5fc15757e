// What became of models, in the order it happened: the registry's memory. A champion is the last that was promoted; there is one
// for the whole store, because the line runs one.
import type { Database } from '../../ledger/sqlite.ts';
import type { Artifact, ModelEvent, NewModelEvent } from './learning-store.ts';

const CHAMPION = 'champion';
const PREVIOUS = 'previous-champion';

export interface ModelEvents {
  list(): ModelEvent[];
  record(event: NewModelEvent, alongside: () => void): void;
}

export function createModelEvents(options: { database: Database; wallMs: () => number; artifacts: () => Artifact[] }): ModelEvents {
  const { database, wallMs } = options;
  return {
    list: () => {
      const byId = new Map(options.artifacts().map((artifact) => [artifact.id, artifact]));
      return database.prepare('SELECT * FROM model_events ORDER BY event').all().flatMap((row) => {
        const artifact = byId.get(Number(row.artifact));
        return artifact === undefined ? [] : [eventOf(row, artifact)];
      });
    },
    record: (event, alongside) => database.transaction(() => {
      const { artifact, kind, who, reason, evidence } = event;
      const champion = lastPromoted(database);
      database.prepare('INSERT INTO model_events (artifact, kind, at_wall_ms, who, reason, evidence) VALUES (?, ?, ?, ?, ?, ?)')
        .run(artifact.id, kind, Math.round(wallMs()), who, reason ?? null, JSON.stringify(evidence));
      if (kind === 'retired') database.prepare('DELETE FROM aliases WHERE alias = ? AND artifact = ?').run(PREVIOUS, artifact.id);
      if (kind === 'promoted') moveAliases(database, { champion: artifact.id, previous: champion });
      alongside();
    }),
  };
}

function lastPromoted(database: Database): number | undefined {
  const row = database.prepare("SELECT artifact FROM model_events WHERE kind = 'promoted' ORDER BY event DESC LIMIT 1").get();
  return row === undefined ? undefined : Number(row.artifact);
}

/** Each of the two aliases stands on one model of the whole store. */
function moveAliases(database: Database, to: { champion: number; previous: number | undefined }): void {
  const put = (alias: string, artifact: number): void => {
    database.prepare('DELETE FROM aliases WHERE alias = ?').run(alias);
    database.prepare('INSERT INTO aliases (name, alias, artifact) SELECT name, ?, artifact FROM artifacts WHERE artifact = ?').run(alias, artifact);
  };
  if (to.previous !== undefined && to.previous !== to.champion) put(PREVIOUS, to.previous);
  put(CHAMPION, to.champion);
}

function eventOf(row: Record<string, unknown>, artifact: Artifact): ModelEvent {
  return {
    artifact, kind: row.kind as ModelEvent['kind'], atIso: new Date(Number(row.at_wall_ms)).toISOString(),
    who: String(row.who), reason: row.reason === null ? undefined : String(row.reason), evidence: JSON.parse(String(row.evidence)) as Record<string, unknown>,
  };
}
