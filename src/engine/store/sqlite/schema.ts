import type { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { type Result, fail, ok } from "../../../core/value/result.ts";

/**
 * One entry a version; a store of any release is brought up to date when its owner opens it. An entry is never changed.
 *
 * `records` holds the chain; the previous digest is the digest of the row before. A redacted body is NULL.
 * `documents` holds what lies beside the log by digest: plans, envelopes. `runs` is a projection of the log for listing,
 * written in the same commit and rebuilt from it at need. `site_snapshots` spares the owner folding the whole log.
 */
const migrations: readonly string[] = [
  `CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 0), epoch INTEGER NOT NULL) STRICT;
   INSERT INTO meta VALUES (0, 0);
   CREATE TABLE records (
     seq INTEGER PRIMARY KEY, stream TEXT NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
     body_digest BLOB NOT NULL, digest BLOB NOT NULL, body TEXT) STRICT;
   CREATE INDEX records_by_stream ON records (stream, seq);
   CREATE TABLE documents (digest TEXT PRIMARY KEY, text TEXT) STRICT, WITHOUT ROWID;
   CREATE TABLE runs (
     seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, plan_hash TEXT NOT NULL, actor TEXT NOT NULL,
     started_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
   CREATE INDEX runs_by_state ON runs (state, seq);
   CREATE INDEX runs_by_plan ON runs (plan_hash, seq);
   CREATE TABLE site_snapshots (seq INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;`,
];

/** Creates or upgrades the tables. A store written by a newer release is refused. */
export function migrate(db: DatabaseSync): Result<void, Problem> {
  const version = schemaVersion(db);
  if (version > migrations.length) {
    return fail(problem("E_STORE_VERSION", "", `the store has version ${version}, this release reads up to ${migrations.length}`));
  }
  for (let next = version; next < migrations.length; next += 1) {
    db.exec(`BEGIN IMMEDIATE; ${migrations[next]} PRAGMA user_version = ${next + 1}; COMMIT;`);
  }
  return ok(undefined);
}

/** Whether a reader of this release understands the store as it stands. */
export function isCurrent(db: DatabaseSync): boolean {
  return schemaVersion(db) === migrations.length;
}

function schemaVersion(db: DatabaseSync): number {
  const row = db.prepare("PRAGMA user_version").get();
  return Number(row?.["user_version"] ?? 0);
}
