// What the tests of the store share: a folder that is removed, batches of plausible events, and the whole content of a
// store as text.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";
import type { Problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { Result } from "../../core/value/result.ts";
import type { LogStore } from "../log-store.ts";
import type { AppendBatch, AppendReceipt, Durability, StoreReader } from "../store.ts";
import { verifyLog } from "../verify-log.ts";
import { startMs } from "./batch.fixture.ts";
import { openStore } from "./open.ts";
import { openReader } from "./reader.ts";
import type { OpenOptions } from "./sqlite-journal.ts";

export { batchOf, startMs } from "./batch.fixture.ts";

/** A folder for one test, removed when the test ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "interlock-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function valueOf<T>(result: Result<T, Problem>): T {
  if (!result.ok) throw new Error(`${result.error.code} ${result.error.message}`);
  return result.value;
}

/** Opens a store that is given up at the end of the test, if not before. */
export function openOwned(folder: string, options: OpenOptions = {}): LogStore {
  const store = valueOf(openStore(folder, options));
  onTestFinished(() => store.close());
  return store;
}

export async function appendAll(store: LogStore, batches: readonly AppendBatch[]): Promise<readonly AppendReceipt[]> {
  const receipts: AppendReceipt[] = [];
  for (const batch of batches) receipts.push(valueOf(await store.append(batch)));
  return receipts;
}

/** The events of a run from its start to its end, as the list of runs reads them. */
export function runOf(runId: string, stepCount: number, outcome: string | null): readonly AppendBatch[] {
  const planHash = digest("interlock.plan/1", { runId });
  const event = (durability: Durability, kind: string, body: Readonly<Record<string, JsonValue>>): AppendBatch => ({
    durability,
    documents: [],
    records: [{ stream: runId, atMs: startMs, kind, body: { kind, runId, ...body } }],
  });
  return [
    event("synced", "run_started", { planHash, actor: { id: "ada" } }),
    ...Array.from({ length: stepCount }, (_, index) =>
      event("ordered", "step_settled", { stepId: `s${index}`, outcome: "done", output: "x".repeat(200) }),
    ),
    ...(outcome === null ? [] : [event("synced", "run_ended", { outcome, reason: "", locks: [], wrote: [] })]),
  ];
}

export function bodiesOf(store: Pick<LogStore, "entries">, stream: string | null = null): readonly (string | null)[] {
  return store.entries({ stream, fromSeq: 0, limit: 100_000 }).map(({ bodyText }) => bodyText);
}

/** What a verifier of the store in this folder finds; `null` if all of it holds. */
export function verifyFolder(folder: string): Problem | null {
  return read(folder, (reader) => {
    const verified = verifyLog(reader);
    return verified.ok ? null : verified.error;
  });
}

export function read<T>(folder: string, work: (reader: StoreReader) => T): T | Problem {
  const reader = openReader(folder);
  if (!reader.ok) return reader.error;
  try {
    return work(reader.value);
  } finally {
    reader.value.close();
  }
}

/** Every row of every table. Two stores with the same text have the same content. */
export function dumpDatabase(path: string): string {
  const db = new DatabaseSync(path, { readOnly: true });
  const tables = db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  const rows = tables
    .filter(({ sql }) => /^CREATE TABLE/.test(String(sql)))
    .map(({ name }) => [name, db.prepare(`SELECT * FROM ${String(name)}`).all()]);
  db.close();
  return JSON.stringify([tables, rows]);
}
