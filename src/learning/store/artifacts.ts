// Artifacts in the database: versions, aliases, files. Contents are the blobs' business.
import { SortlineError } from '../../base/errors.ts';
import type { Database } from '../../ledger/sqlite.ts';
import { checkAlias, checkFilePath, checkName, digestOf, LATEST, parseReference } from './artifact-names.ts';
import type { Blobs } from './blobs.ts';
import type { Artifact, ArtifactFile, ArtifactType, NewArtifact } from './learning-store.ts';

export interface Artifacts {
  add(artifact: NewArtifact): Promise<Artifact>;
  list(filter?: { readonly type?: ArtifactType; readonly name?: string }): Artifact[];
  find(reference: string): Artifact;
  filesOf(artifact: Artifact): ArtifactFile[];
  setAlias(artifact: Artifact, alias: string): void;
  removeAlias(name: string, alias: string): void;
  /** Inputs of a run, or what it made, oldest first. */
  ofRun(runId: string, role: 'inputs' | 'outputs'): Artifact[];
}

/** Garbage collection of another process may take an unreferenced blob that was counted on; then it is stored again. */
const STORE_ATTEMPTS = 5;
const SHORTEST_DIGEST = 8;

const SELECT = `SELECT a.*, r.run_id AS made_by,
  a.version = (SELECT MAX(version) FROM artifacts AS b WHERE b.name = a.name) AS is_latest,
  (SELECT json_group_array(alias) FROM (SELECT alias FROM aliases WHERE aliases.artifact = a.artifact ORDER BY alias)) AS aliases
  FROM artifacts AS a LEFT JOIN runs AS r USING (run)`;

export function createArtifacts(options: { database: Database; blobs: Blobs; wallMs: () => number }): Artifacts {
  const { database, blobs, wallMs } = options;
  const select = (where: string, ...values: (string | number)[]): Artifact[] => database.prepare(`${SELECT} ${where}`).all(...values).map(artifactOf);

  return {
    add: async (artifact) => {
      check(artifact);
      for (let attempt = 0; attempt < STORE_ATTEMPTS; attempt++) {
        const stored = await blobs.storeAll(artifact.files.map(({ content }) => content));
        const files = artifact.files.map(({ path }, index) => ({ path, ...stored[index]! }));
        const id = database.transaction(() => (files.every((file) => blobs.sizeOf(file.sha256) === file.bytes) ? insert(database, artifact, { files, wallMs: wallMs() }) : undefined));
        if (id !== undefined) return select('WHERE a.artifact = ?', id)[0]!;
      }
      throw new SortlineError('STORE_BUSY', `files of ${artifact.name} vanish from ${blobs.folder} as soon as they are stored: end what else deletes there`, { context: { name: artifact.name } });
    },
    list: ({ type, name } = {}) => select('WHERE (?1 IS NULL OR a.type = ?1) AND (?2 IS NULL OR a.name = ?2) ORDER BY a.name, a.version', ...[type, name].map((value) => (value ?? null) as string)),
    find: (reference) => find(reference, select),
    filesOf: ({ id }) => database.prepare('SELECT path, sha256, bytes FROM artifact_files WHERE artifact = ? ORDER BY path').all(id).map((row) => ({ ...row }) as unknown as ArtifactFile),
    setAlias: (artifact, alias) => {
      checkAlias(alias);
      putAlias(database, artifact, alias);
    },
    removeAlias: (name, alias) => {
      checkAlias(alias);
      if (database.prepare('DELETE FROM aliases WHERE name = ? AND alias = ?').run(name, alias) > 0) return;
      throw new SortlineError('STORE_NOT_FOUND', `no version of ${name} has the alias ${alias}; \`sortline artifacts show ${name}\` lists those there are`, { context: { name, alias } });
    },
    ofRun: (runId, role) => select(`WHERE a.artifact IN (SELECT artifact FROM run_${role} WHERE run = (SELECT run FROM runs WHERE run_id = ?)) ORDER BY a.artifact`, runId),
  };
}

function check(artifact: NewArtifact): void {
  checkName(artifact.name);
  artifact.aliases?.forEach(checkAlias);
  const paths = artifact.files.map(({ path }) => path);
  paths.forEach(checkFilePath);
  const doubled = paths.toSorted().find((path, index, all) => path === all[index + 1]);
  if (doubled === undefined && paths.length > 0) return;
  throw new SortlineError('STORE_REFUSED', doubled === undefined ? `${artifact.name} has no files: an artifact is a set of at least one` : `${artifact.name} would hold ${doubled} twice: give each file a path of its own`, { context: { name: artifact.name, doubled } });
}

/** In a transaction. The id of the new version, or of the one that holds the same. */
function insert(database: Database, artifact: NewArtifact, at: { files: readonly ArtifactFile[]; wallMs: number }): number {
  const { type, name, runId } = artifact;
  const run = runId === undefined ? undefined : database.prepare('SELECT run FROM runs WHERE run_id = ?').get(runId)?.run;
  if (runId !== undefined && run === undefined) throw new SortlineError('STORE_NOT_FOUND', `there is no run ${runId} that could have made ${name}`, { context: { runId, name } });
  const digest = digestOf(type, at.files);
  const known = database.prepare('SELECT artifact FROM artifacts WHERE name = ? AND digest = ?').get(name, digest)?.artifact;
  const id = known === undefined ? insertVersion(database, artifact, { ...at, digest, run: run === undefined ? null : Number(run) }) : Number(known);
  if (run !== undefined) database.prepare('INSERT OR IGNORE INTO run_outputs (run, artifact) VALUES (?, ?)').run(Number(run), id);
  for (const alias of artifact.aliases ?? []) putAlias(database, { id, name }, alias);
  return id;
}

function insertVersion(database: Database, artifact: NewArtifact, at: { files: readonly ArtifactFile[]; wallMs: number; digest: string; run: number | null }): number {
  const { type, name, metadata = {} } = artifact;
  const last = database.prepare('SELECT type, version FROM artifacts WHERE name = ? ORDER BY version DESC LIMIT 1').get(name);
  if (last !== undefined && last.type !== type) {
    throw new SortlineError('STORE_REFUSED', `${name} is the name of a ${String(last.type)} artifact: give the ${type} another name`, { context: { name, found: last.type, type } });
  }
  const version = last === undefined ? 0 : Number(last.version) + 1;
  const id = Number(database.prepare('INSERT INTO artifacts (type, name, version, digest, metadata, created_wall_ms, run) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING artifact')
    .get(type, name, version, at.digest, JSON.stringify(metadata), Math.round(at.wallMs), at.run)?.artifact);
  const insertFile = database.prepare('INSERT INTO artifact_files (artifact, path, sha256, bytes) VALUES (?, ?, ?, ?)');
  for (const { path, sha256, bytes } of at.files) insertFile.run(id, path, sha256, bytes);
  return id;
}

function putAlias(database: Database, artifact: Pick<Artifact, 'id' | 'name'>, alias: string): void {
  database.prepare('INSERT INTO aliases (name, alias, artifact) VALUES (?, ?, ?) ON CONFLICT (name, alias) DO UPDATE SET artifact = excluded.artifact').run(artifact.name, alias, artifact.id);
}

type Select = (where: string, ...values: (string | number)[]) => Artifact[];

function find(reference: string, select: Select): Artifact {
  const wanted = parseReference(reference);
  const versions = wanted === undefined ? [] : select('WHERE a.name = ? ORDER BY a.version', wanted.name);
  const found = versions.find((artifact) => (wanted !== undefined && 'version' in wanted ? artifact.version === wanted.version : artifact.aliases.includes(wanted?.alias ?? '')));
  if (found !== undefined) return found;
  if (versions.length > 0) {
    const labels = versions.flatMap(({ version, aliases }) => [`v${version}`, ...aliases]).slice(-20);
    throw notFound(reference, `of ${wanted!.name} there are ${labels.join(', ')}`);
  }
  const byDigest = new RegExp(`^[0-9a-f]{${SHORTEST_DIGEST},64}$`).test(reference) ? select("WHERE a.digest LIKE ? || '%' ORDER BY a.artifact", reference) : [];
  if (new Set(byDigest.map(({ digest }) => digest)).size > 1) throw notFound(reference, `several begin so: ${byDigest.map(({ digest }) => digest).join(', ')}`);
  if (byDigest.length > 0) return byDigest.at(-1)!;
  const names = [...new Set(select('ORDER BY a.artifact DESC LIMIT 500').map(({ name }) => name))];
  throw notFound(reference, names.length === 0 ? 'the store holds none yet' : `there are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ' …' : ''}`);
}

function notFound(reference: string, there: string): SortlineError {
  return new SortlineError('STORE_NOT_FOUND', `there is no artifact ${reference}: ${there}. A reference is NAME, NAME:v3, NAME:ALIAS or at least ${SHORTEST_DIGEST} digits of a digest.`, { context: { reference } });
}

function artifactOf(row: Record<string, unknown>): Artifact {
  const aliases = JSON.parse(String(row.aliases)) as string[];
  return {
    id: Number(row.artifact), type: row.type as ArtifactType, name: String(row.name), version: Number(row.version), digest: String(row.digest),
    aliases: row.is_latest === 1 ? [LATEST, ...aliases] : aliases,
    metadata: JSON.parse(String(row.metadata)) as Record<string, unknown>,
    createdAtIso: new Date(Number(row.created_wall_ms)).toISOString(), runId: row.made_by === null ? undefined : String(row.made_by),
  };
}
