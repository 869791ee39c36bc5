// What a long history costs: finished runs of three events each, loaded in bulk, then starting, stepping and listing beside an empty store.
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { genesisDigest } from "../../src/core/log/chain.ts";
import type { Digest } from "../../src/core/value/digest.ts";
import { sealRecord } from "../../src/engine/store/seal.ts";
import { storePaths } from "../../src/engine/store/sqlite/open.ts";
import { sql } from "../../src/engine/store/sqlite/statements.ts";
import type { AppendBatch } from "../../src/engine/store/store.ts";
import type { SqliteStore } from "../../src/engine/store/sqlite/sqlite-store.ts";
import { type Figure, ratioOf, summarize, takeTurns } from "./measure.ts";
import { benchFolder, openOrThrow } from "./our-runs.ts";

const perRound = 200;

/** Bulk-loads finished runs into a store that nobody has open; the chain and every projection are as its owner would write them. */
export async function loadFinishedRuns(folder: string, runCount: number): Promise<void> {
  await openOrThrow(folder).close();
  const db = new DatabaseSync(storePaths(folder).database);
  db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN");
  const [stream, record, run] = [db.prepare(sql.insertStream), db.prepare(sql.insertRecord), db.prepare("INSERT INTO runs (seq, stream, plan_hash, actor, started_ms, changed_ms, state) VALUES (?, ?, 'sha256:1', 'ada', 1, 1, 'succeeded')")];
  let previous: Digest = genesisDigest;
  for (let seq = 0, number = 0; number < runCount; number += 1) {
    const runId = `run_${number.toString(36).padStart(9, "0")}`;
    stream.run(seq, runId);
    run.run(seq, seq);
    const first = seq;
    for (const [kind, body] of [["run_started", { planHash: "sha256:1", actor: { id: "ada" } }], ["step_settled", { stepId: "s1", outcome: "done" }], ["run_ended", { outcome: "succeeded" }]] as const) {
      const sealed = sealRecord({ stream: runId, atMs: 1, kind, body: { kind, runId, ...body } }, seq, previous);
      record.run(seq, first, 1, kind, sealed.digest, sealed.bodyText);
      previous = sealed.digest;
      seq += 1;
    }
    if (number % 100_000 === 99_999) db.exec("COMMIT; BEGIN");
  }
  db.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

/** Starting, stepping and listing with a long history, beside the same on an empty store; and the plans of every statement. */
export async function historyFigures(runCount: number, rounds: number): Promise<readonly Figure[]> {
  const [empty, full] = [benchFolder(), benchFolder()];
  await openOrThrow(empty).close();
  await loadFinishedRuns(full, runCount);
  const stores = { empty: openOrThrow(empty), full: openOrThrow(full) };
  let number = 0;
  const start = (store: SqliteStore) => async (): Promise<void> => {
    for (let index = 0; index < perRound; index += 1) await appendOrThrow(store, startBatch(`run_x${(number += 1)}`));
  };
  const step = (store: SqliteStore) => async (): Promise<void> => {
    for (let index = 0; index < perRound; index += 1) await appendOrThrow(store, { durability: "ordered", documents: [], records: [{ stream: `run_s${index % 8}`, atMs: 1, kind: "step_settled", body: { kind: "step_settled", note: "x".repeat(200) } }] });
  };
  const list = (store: SqliteStore) => (): void => {
    for (let index = 0; index < perRound; index += 1) store.runs({ state: index % 2 === 0 ? null : "succeeded", beforeSeq: Number.MAX_SAFE_INTEGER, limit: 50 });
  };
  // The list of an empty store would be empty too: both show a full first page.
  for (const store of Object.values(stores)) for (let index = 0; index < 60; index += 1) for (const batch of [startBatch(`run_y${index}`), endBatch(`run_y${index}`)]) await appendOrThrow(store, batch);
  const samples = await takeTurns({
    startEmpty: start(stores.empty), startFull: start(stores.full), stepEmpty: step(stores.empty), stepFull: step(stores.full), listEmpty: list(stores.empty), listFull: list(stores.full),
  }, rounds);
  for (const store of Object.values(stores)) await store.close();
  for (const folder of [empty, full]) rmSync(folder, { recursive: true, force: true });
  const cpu = (name: keyof typeof samples): readonly number[] => samples[name].map(({ cpuUs }) => cpuUs / perRound);
  const wall = (name: keyof typeof samples): readonly number[] => samples[name].map(({ wallUs }) => wallUs / perRound);
  return (["start", "step", "list"] as const).flatMap((what) => {
    const [below, above] = [`${what}Empty`, `${what}Full`] as const;
    const title = `${what === "start" ? "starting" : what === "step" ? "stepping" : "listing the first page"}, ${runCount} finished runs`;
    return [summarize(`${title}: CPU`, "µs", cpu(above)), ratioOf(`${title}, beside an empty store: CPU`, cpu(above), cpu(below)), ratioOf(`${title}, beside an empty store: wall`, wall(above), wall(below))];
  });
}

function startBatch(runId: string): AppendBatch {
  return { durability: "ordered", documents: [], records: [{ stream: runId, atMs: 1, kind: "run_started", body: { kind: "run_started", runId, planHash: "sha256:1", actor: { id: "ada" } } }] };
}

function endBatch(runId: string): AppendBatch {
  return { durability: "ordered", documents: [], records: [{ stream: runId, atMs: 1, kind: "run_ended", body: { kind: "run_ended", runId, outcome: "succeeded" } }] };
}

async function appendOrThrow(store: SqliteStore, batch: AppendBatch): Promise<void> {
  const receipt = await store.append(batch);
  if (!receipt.ok) throw new Error(receipt.error.message);
}

/** How SQLite carries out each statement; `SCAN` of a table or an index is what must not be there. */
export async function queryPlans(): Promise<readonly { readonly statement: string; readonly plan: string; readonly isScan: boolean }[]> {
  const folder = benchFolder();
  await openOrThrow(folder).close();
  const db = new DatabaseSync(storePaths(folder).database);
  const plans = Object.entries(sql).filter(([, text]) => /^(?:SELECT|UPDATE|DELETE)/.test(text)).map(([statement, text]) => {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${text}`).all().map(({ detail }) => String(detail));
    return { statement, plan: steps.join("; "), isScan: steps.some((detail) => /^SCAN (?!tail\b|CONSTANT)/.test(detail)) };
  });
  db.close();
  rmSync(folder, { recursive: true, force: true });
  return plans;
}
