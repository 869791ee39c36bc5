import type { DatabaseSync, StatementSync } from "node:sqlite";
import { endedStates, indexedKinds, invariantKinds, unfinishedStates } from "../run-index.ts";

const columns = "seq, name, at_ms, kind, digest, body, body_digest, removed_by";
/** Outer join: a record whose stream is gone is still shown, and then does not verify. */
const fromRecords = "FROM records LEFT JOIN streams ON number = stream";
const runColumns = "seq, name, plan_hash, actor, started_ms, changed_ms, state";
const fromRuns = "FROM runs LEFT JOIN streams ON number = stream";
const newestFirst = "ORDER BY seq DESC LIMIT";
const byName = `SELECT ${runColumns} FROM streams JOIN runs ON stream = number`;
const ended = quoted(endedStates);
const unfinished = quoted(unfinishedStates);
/** Kinds whose bodies `remove-bodies.ts` always keeps, and `step_intent`, whose bodies it sometimes keeps. */
const kept = quoted(["step_intent", ...indexedKinds]);

/** How many records `insertRecords` writes. */
export const recordsAtOnce = 8;

/**
 * The text of every statement that the store runs more than once. None scans a table except `runCount`, which verifies.
 * `npm run bench:engine -- --only history` shows the query plans.
 */
export const sql = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  epoch: "SELECT epoch, check_digest FROM meta WHERE id = 0",
  beginEpoch: "UPDATE meta SET epoch = ?, check_digest = ? WHERE id = 0",
  storeId: "SELECT store_id FROM meta WHERE id = 0",
  nameStore: "UPDATE meta SET store_id = ? WHERE id = 0 AND store_id = ''",
  last: "SELECT seq, digest FROM records WHERE seq = (SELECT MAX(seq) FROM records)",
  digestAt: "SELECT digest FROM records WHERE seq = ?",
  insertStream: "INSERT INTO streams (number, name) VALUES (?, ?)",
  stream: "SELECT number FROM streams WHERE name = ?",
  insertRecord: "INSERT INTO records (seq, stream, at_ms, kind, digest, body) VALUES (?, ?, ?, ?, ?, ?)",
  // One call for eight rows: most of what a row costs is the call.
  insertRecords: `INSERT INTO records (seq, stream, at_ms, kind, digest, body)
    VALUES ${Array.from({ length: recordsAtOnce }, () => "(?, ?, ?, ?, ?, ?)").join(", ")}`,
  insertRemoved: `INSERT INTO records (seq, stream, at_ms, kind, digest, body_digest, removed_by)
    VALUES (?, ?, ?, ?, ?, ?, ?)`,
  removeBody: "UPDATE records SET body = NULL, body_digest = ?, removed_by = ? WHERE seq = ? AND body IS NOT NULL",
  restoreBody: "UPDATE records SET body = ?, body_digest = NULL, removed_by = NULL WHERE seq = ? AND body IS NULL",
  insertDocument: "INSERT INTO documents (digest, text, check_digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  insertRun: `INSERT INTO runs (seq, stream, plan_hash, actor, started_ms, changed_ms, state)
    VALUES (?, ?, ?, ?, ?, ?, 'running')`,
  moveRun: "UPDATE runs SET state = ?, changed_ms = ? WHERE stream = ?",
  entries: `SELECT ${columns} ${fromRecords} WHERE seq >= ? ORDER BY seq LIMIT ?`,
  streamEntries: `SELECT ${columns} ${fromRecords} WHERE stream = ? AND seq >= ? ORDER BY seq LIMIT ?`,
  lostFromIndex: `SELECT name
    FROM (SELECT stream, COUNT(*) AS stored FROM records NOT INDEXED WHERE seq >= ?1 GROUP BY stream) AS tail
    LEFT JOIN streams ON number = stream
    WHERE stored <>
      (SELECT COUNT(*) FROM records INDEXED BY records_by_stream WHERE stream = tail.stream AND seq >= ?1)
    OR stream IS NOT
      (SELECT number FROM streams AS named INDEXED BY sqlite_autoindex_streams_1 WHERE named.name = streams.name)
    LIMIT 1`,
  lostFromRuns: `SELECT (SELECT name FROM streams WHERE number = records.stream) AS name
    FROM records NOT INDEXED LEFT JOIN runs INDEXED BY sqlite_autoindex_runs_1 ON runs.stream = records.stream
    WHERE records.seq >= ? AND (kind = 'run_ended' AND state NOT IN (${ended})
    OR kind IN ('run_started', 'run_ended') AND NOT EXISTS
      (SELECT 1 FROM runs AS listed INDEXED BY runs_by_state WHERE listed.state = runs.state AND listed.seq = runs.seq)
    OR kind = 'run_started' AND NOT EXISTS (SELECT 1 FROM runs AS row NOT INDEXED WHERE row.seq = records.seq))
    LIMIT 1`,
  runEnd: "SELECT seq FROM records WHERE stream = ? AND kind = 'run_ended' ORDER BY seq DESC LIMIT 1",
  runInvariants: `SELECT seq FROM records WHERE stream = ? AND kind IN (${quoted(invariantKinds)}) ORDER BY seq`,
  document: "SELECT text, check_digest FROM documents WHERE digest = ?",
  documents: "SELECT rowid, digest, text, check_digest FROM documents WHERE rowid > ? ORDER BY rowid LIMIT ?",
  runs: `SELECT ${runColumns} ${fromRuns} WHERE seq < ? ${newestFirst} ?`,
  runsInState: `SELECT ${runColumns} ${fromRuns} WHERE state = ? AND seq < ? ${newestFirst} ?`,
  // An index of plans would cost every start a page somewhere in it, because hashes are random. A plan's runs come
  // after the plan, so few rows are passed over.
  runsOfPlan: `SELECT ${runColumns} ${fromRuns}
    WHERE plan_hash = ?1 AND seq >= ?2 AND seq < ?3 AND (?4 IS NULL OR state = ?4) ${newestFirst} ?5`,
  runsWithPrefix: `${byName} WHERE name >= ?1 AND name < ?2 AND (?3 IS NULL OR state = ?3) ORDER BY name DESC LIMIT ?4`,
  runsByPrefix: `${byName} WHERE name >= ? AND name < ? ORDER BY name LIMIT 2`,
  // What is left of an archived run is not found again. Pages follow the order of the list: `+` keeps SQLite from
  // sorting everything that the index of states would give.
  removableRuns: `SELECT ${runColumns} ${fromRuns} WHERE seq > ? AND changed_ms < ? AND +state IN (${ended})
    AND EXISTS (SELECT 1 FROM records WHERE records.stream = runs.stream AND body IS NOT NULL AND kind NOT IN (${kept}))
    ORDER BY seq LIMIT ?`,
  runOfName: "SELECT 1 FROM streams JOIN runs ON stream = number WHERE name = ?",
  hasDocument: "SELECT 1 FROM documents WHERE digest = ?",
  // Documents are never deleted, so that their row ids count them.
  documentCount: "SELECT IFNULL(MAX(rowid), 0) AS count FROM documents",
  runCount: "SELECT COUNT(*) AS count FROM runs",
  countInState: "SELECT COUNT(*) AS count FROM runs WHERE state = ?",
  unfinishedCounts: `SELECT state, COUNT(*) AS count FROM runs WHERE state IN (${unfinished}) GROUP BY state`,
  insertSnapshot: "INSERT OR REPLACE INTO site_snapshots (length, head, text, check_digest) VALUES (?, ?, ?, ?)",
  dropSnapshots: "DELETE FROM site_snapshots WHERE length < ?",
  snapshot: `SELECT length, head, text, check_digest FROM site_snapshots
    WHERE length = (SELECT MAX(length) FROM site_snapshots)`,
} as const satisfies Readonly<Record<string, string>>;

/** Every statement, prepared once. A read-only connection refuses the writing ones when they run. */
export type Statements = Readonly<Record<keyof typeof sql, StatementSync>>;

export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(sql).map(([name, text]) => [name, db.prepare(text)] as const);
  // The entries of `sql` are its keys, each with one statement.
  return Object.fromEntries(prepared) as Statements;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}
