import type { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { textDigest } from "../seal.ts";

/**
 * One entry for each version. A store of any release is brought up to date when its owner opens it, in one transaction
 * a version. An entry that was released never changes: `test/golden/stores/` has a store of each released version.
 */
const migrations: readonly Migration[] = [
  {
    what: "the first tables: records, documents, runs, snapshots",
    change: `CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 0), epoch INTEGER NOT NULL) STRICT;
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
  },
  /*
   * Streams and runs go by the number of their first record. Numbers grow, so that what is being written is together at
   * the right edge of each index, however long the history is. That costs one page a commit; names, which are random,
   * would cost one page a run.
   *
   * `records` holds the chain. The previous digest is the digest of the row before, and the body's digest is computed
   * from the body; it is stored only for a body that was removed, with the number of the record that says so.
   * `check_digest` is the digest of the rest of a row that no record of the chain covers. `runs` is a projection of the
   * log for listing, written in the same commit. `site_snapshots` saves the owner from folding the whole log.
   */
  {
    what: "streams and runs go by number, and every row that no record covers has a digest of its own",
    change: (db) => {
      db.exec(`
      CREATE TABLE streams (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
      INSERT INTO streams SELECT MIN(seq), stream FROM records GROUP BY stream;
      CREATE TABLE records_2 (
        seq INTEGER PRIMARY KEY, stream INTEGER NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
        digest TEXT NOT NULL, body TEXT, body_digest TEXT, removed_by INTEGER) STRICT;
      INSERT INTO records_2
        SELECT seq, number, at_ms, kind, 'sha256:' || lower(hex(digest)), body,
          iif(body IS NULL, 'sha256:' || lower(hex(body_digest)), NULL), NULL
        FROM records JOIN streams ON name = stream ORDER BY seq;
      DROP TABLE records;
      ALTER TABLE records_2 RENAME TO records;
      CREATE INDEX records_by_stream ON records (stream);
      CREATE TABLE runs_2 (
        seq INTEGER PRIMARY KEY, stream INTEGER NOT NULL UNIQUE, plan_hash TEXT NOT NULL, actor TEXT NOT NULL,
        started_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
      INSERT INTO runs_2 SELECT seq, number, plan_hash, actor, started_ms, changed_ms, state
        FROM runs JOIN streams ON name = run_id ORDER BY seq;
      DROP TABLE runs;
      ALTER TABLE runs_2 RENAME TO runs;
      CREATE INDEX runs_by_state ON runs (state);
      ALTER TABLE documents RENAME TO documents_1;
      CREATE TABLE documents (digest TEXT NOT NULL UNIQUE, text TEXT NOT NULL, check_digest TEXT NOT NULL) STRICT;
      DROP TABLE site_snapshots;
      CREATE TABLE site_snapshots (${snapshotColumns}) STRICT;
      ALTER TABLE meta ADD COLUMN check_digest TEXT NOT NULL DEFAULT '';`);
      const copy = db.prepare("INSERT INTO documents VALUES (?, ?, ?)");
      for (const { digest, text } of db.prepare("SELECT digest, text FROM documents_1 WHERE text IS NOT NULL").all()) {
        copy.run(String(digest), String(text), documentCheck(String(digest), String(text)));
      }
      const epoch = Number(db.prepare("SELECT epoch FROM meta").get()?.["epoch"]);
      db.prepare("UPDATE meta SET check_digest = ?").run(epochCheck(epoch));
      db.exec("DROP TABLE documents_1");
    },
  },
  // A record of the log gives the store its id. Here it is found at once. Releases that do not know the id refuse this
  // version.
  {
    what: "the store has a place for its id",
    change: "ALTER TABLE meta ADD COLUMN store_id TEXT NOT NULL DEFAULT '';",
  },
];

/** The schema keeps the text of a table as it was created, so this text has no line break. */
const snapshotColumns =
  "length INTEGER PRIMARY KEY, head TEXT NOT NULL, text TEXT NOT NULL, check_digest TEXT NOT NULL";

interface Migration {
  /** What is new in this version, for people. */
  readonly what: string;
  readonly change: string | ((db: DatabaseSync) => void);
}

/** A version that a store was brought to, or would be. */
export interface SchemaStep {
  readonly version: number;
  readonly what: string;
}

/** The version this release writes. */
export const schemaVersion = migrations.length;

/** Says `interlock` in a file's header, so that the database of another program is refused. */
const applicationId = 0x1a7e410c;

/**
 * Creates or upgrades the tables, in one transaction a version. Refuses a store that a newer release wrote.
 *
 * @param onStep - called for each version once its transaction is committed
 */
export function migrate(db: DatabaseSync, onStep: (step: SchemaStep) => void = () => undefined): Result<void, Problem> {
  const version = checkVersion(db);
  if (!version.ok) return version;
  for (const [index, { what, change }] of migrations.entries()) {
    if (index < version.value) continue;
    db.exec("BEGIN IMMEDIATE");
    if (typeof change === "string") db.exec(change);
    else change(db);
    db.exec(`PRAGMA user_version = ${index + 1}; PRAGMA application_id = ${applicationId}; COMMIT`);
    onStep({ version: index + 1, what });
  }
  return ok(undefined);
}

/** The steps from a version to the one that this release writes. */
export function stepsAfter(version: number): readonly SchemaStep[] {
  return migrations.map(({ what }, index) => ({ version: index + 1, what })).slice(version);
}

/** The version of a store that this release can own. A newer version and a file of another program are refused. */
export function checkVersion(db: DatabaseSync): Result<number, Problem> {
  const version = versionOf(db);
  if (version > migrations.length) return fail(writtenByNewer(version));
  if (isForeign(db))
    return fail(
      problem("E_STORE_CORRUPT", "", "the file is another program's database", "name the folder of an Interlock store"),
    );
  return ok(version);
}

/** Why a reader of this release does not understand the store, or `null` if it does. */
export function otherVersion(db: DatabaseSync): Problem | null {
  const version = versionOf(db);
  if (version === migrations.length) return null;
  if (version > migrations.length) return writtenByNewer(version);
  // A process that was killed while it made the store leaves this.
  if (version === 0 && !isForeign(db))
    return problem(
      "E_INPUT_MISSING",
      "",
      "the store was begun, and has no tables yet",
      "trust a pack: that creates them",
      {
        do: "trust",
      },
    );
  return problem(
    "E_STORE_VERSION",
    "",
    `the store has version ${version}, and this release reads version ${migrations.length}`,
    "an older release wrote it: bring it up to date",
    { do: "upgrade_store" },
  );
}

function writtenByNewer(version: number): Problem {
  return problem(
    "E_STORE_VERSION",
    "",
    `the store has version ${version}, and this release reads up to version ${migrations.length}`,
  );
}

/** Digest of the owner's epoch, so that a flipped bit in it is noticed. */
export function epochCheck(epoch: number): string {
  return textDigest("interlock.epoch/1", `${epoch}`);
}

/** Digest over a document's name and text. */
export function documentCheck(digest: string, text: string): string {
  return textDigest("interlock.document/1", `${digest}\0${text}`);
}

/** Digest over a snapshot and the place in the log it stands for. */
export function snapshotCheck(snapshot: {
  readonly length: number;
  readonly head: string;
  readonly text: string;
}): string {
  return textDigest("interlock.snapshot/1", `${snapshot.length}\0${snapshot.head}\0${snapshot.text}`);
}

/**
 * Whether the file belongs to another program: its header has another name, or none although its tables are not a log.
 */
function isForeign(db: DatabaseSync): boolean {
  const id = Number(db.prepare("PRAGMA application_id").get()?.["application_id"] ?? 0);
  if (id !== 0) return id !== applicationId;
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name }) => String(name));
  return tables.length > 0 && !tables.includes("records");
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
}
