import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Every statement the store runs more than once, prepared once. No statement scans a table (`bench/engine` shows the plans). */
export interface Statements {
  readonly epoch: StatementSync;
  readonly last: StatementSync;
  readonly digestAt: StatementSync;
  readonly insertRecord: StatementSync;
  readonly insertDocument: StatementSync;
  readonly insertRun: StatementSync;
  readonly moveRun: StatementSync;
  readonly entries: StatementSync;
  readonly streamEntries: StatementSync;
  readonly document: StatementSync;
  readonly runs: StatementSync;
  readonly runsInState: StatementSync;
  readonly run: StatementSync;
  readonly insertSnapshot: StatementSync;
  readonly snapshot: StatementSync;
}

const columns = "seq, stream, at_ms, kind, body_digest, digest, body";
const runColumns = "seq, run_id, plan_hash, actor, started_ms, changed_ms, state";

/** Source text of the statements a reader needs; writing ones are refused by a read-only connection when run. */
export const sql = {
  epoch: "SELECT epoch FROM meta WHERE id = 0",
  last: "SELECT seq, digest FROM records ORDER BY seq DESC LIMIT 1",
  digestAt: "SELECT digest FROM records WHERE seq = ?",
  insertRecord: `INSERT INTO records (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  insertDocument: "INSERT INTO documents (digest, text) VALUES (?, ?) ON CONFLICT DO NOTHING",
  insertRun: `INSERT INTO runs (${runColumns}) VALUES (?, ?, ?, ?, ?, ?, 'running')`,
  moveRun: "UPDATE runs SET state = ?, changed_ms = ? WHERE run_id = ?",
  entries: `SELECT ${columns} FROM records WHERE seq >= ? ORDER BY seq LIMIT ?`,
  streamEntries: `SELECT ${columns} FROM records WHERE stream = ? AND seq >= ? ORDER BY seq LIMIT ?`,
  document: "SELECT text FROM documents WHERE digest = ?",
  runs: `SELECT ${runColumns} FROM runs WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
  runsInState: `SELECT ${runColumns} FROM runs WHERE state = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
  run: `SELECT ${runColumns} FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT 2`,
  insertSnapshot: "INSERT OR REPLACE INTO site_snapshots (seq, text) VALUES (?, ?)",
  snapshot: "SELECT seq, text FROM site_snapshots ORDER BY seq DESC LIMIT 1",
} as const satisfies Record<keyof Statements, string>;

export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(sql).map(([name, text]) => [name, db.prepare(text)] as const);
  // Every key of `sql` is a key of `Statements`, as `satisfies` proves above.
  return Object.fromEntries(prepared) as unknown as Statements;
}
