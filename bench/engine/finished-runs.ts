// Loads a long history in bulk: finished runs of three events each, exactly as their owner would have written them.
import { closeSync, fsyncSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { genesisDigest } from "../../src/core/log/chain.ts";
import { alice } from "../../src/core/run/fixtures/driver.fixture.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import { type Digest, digest } from "../../src/core/value/digest.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { newRunId } from "../../src/flow/apply/prepare-start.ts";
import { sealRecord } from "../../src/log/seal.ts";
import { documentCheck } from "../../src/log/sqlite/schema.ts";
import { sql } from "../../src/log/sqlite/statements.ts";
import { storePaths } from "../../src/log/sqlite/store-paths.ts";
import type { AppendBatch } from "../../src/log/store.ts";
import { openOrThrow } from "./our-runs.ts";

/**
 * A run with a plan of its own. As in real life, its id grows with time, and the digests of plans and approvals are
 * random.
 */
export interface BenchRun {
  readonly runId: string;
  readonly planHash: Digest;
  readonly plan: JsonValue;
  readonly atMs: number;
}

/** A run that begins at this time. */
export function benchRun(atMs: number): BenchRun {
  const runId = newRunId(atMs);
  const plan = { summary: `what ${runId} was to do`, steps: "x".repeat(200) };
  return { runId, plan, planHash: digest("interlock.plan/1", plan), atMs };
}

/** Its first event. */
export function startedEvent({ runId, planHash, atMs }: BenchRun): Event {
  return {
    kind: "run_started",
    runId,
    planHash,
    actor: alice,
    owner: alice.id,
    locks: [`box/${runId}`],
    baseline: [],
    reserved: null,
    deadlineMs: atMs + 60_000,
    epoch: 1,
    authorization: {
      kind: "approval",
      approvalId: `ap_${runId}`,
      planHash,
      principal: alice,
      expiresAtMs: atMs + 60_000,
      attended: true,
      solo: false,
    },
  };
}

/** The settlement of one of its steps. */
export function settledEvent(runId: string): Event {
  return {
    kind: "step_settled",
    runId,
    stepId: "s1",
    outcome: "done",
    facts: [{ name: "box.a.level", value: 3 }],
    left: null,
    problem: null,
    by: null,
  };
}

/** Its last event. */
export function endedEvent({ runId }: BenchRun): Event {
  return {
    kind: "run_ended",
    runId,
    outcome: "succeeded",
    reason: "every step was done and verified",
    locks: [`box/${runId}`],
    wrote: ["s1"],
  };
}

/** One event as the engine appends it, with the plan if it is a start. */
export function batchOf(event: Event, run: BenchRun): AppendBatch {
  // An event is plain data by construction.
  const record = { stream: run.runId, atMs: run.atMs, kind: event.kind, body: event as unknown as JsonValue };
  return {
    durability: "ordered",
    documents: event.kind === "run_started" ? [{ digest: run.planHash, value: run.plan }] : [],
    records: [record],
  };
}

/**
 * Loads finished runs, one for each half minute until now, into a store that is not open. The chain, every projection
 * and each run's plan are as its owner would have written them. All of it is on the disk before anything is measured.
 */
export async function loadFinishedRuns(folder: string, runCount: number): Promise<void> {
  await openOrThrow(folder).close();
  const db = new DatabaseSync(storePaths(folder).database);
  db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN");
  const [stream, record, document] = [
    db.prepare(sql.insertStream),
    db.prepare(sql.insertRecord),
    db.prepare(sql.insertDocument),
  ];
  const listed = db.prepare(
    "INSERT INTO runs (seq, stream, plan_hash, actor, started_ms, changed_ms, state) " +
      "VALUES (?, ?, ?, ?, ?, ?, 'succeeded')",
  );
  let previous: Digest = genesisDigest;
  const firstMs = Date.now() - runCount * 30_000;
  for (let seq = 0, number = 0; number < runCount; number += 1) {
    const run = benchRun(firstMs + number * 30_000);
    const text = canonicalText(run.plan);
    document.run(run.planHash, text, documentCheck(run.planHash, text));
    stream.run(seq, run.runId);
    listed.run(seq, seq, run.planHash, alice.id, run.atMs, run.atMs);
    const first = seq;
    for (const event of [startedEvent(run), settledEvent(run.runId), endedEvent(run)]) {
      const sealed = sealRecord(
        { stream: run.runId, atMs: run.atMs, kind: event.kind, body: event as unknown as JsonValue },
        seq,
        previous,
      );
      record.run(seq, first, run.atMs, event.kind, sealed.digest, sealed.bodyText);
      previous = sealed.digest;
      seq += 1;
    }
    if (number % 100_000 === 99_999) db.exec("COMMIT; BEGIN");
  }
  db.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
  syncFile(storePaths(folder).database);
}

/**
 * Syncs the file. Otherwise the first checkpoint that is measured would wait until the whole history is on the disk.
 */
function syncFile(path: string): void {
  const file = openSync(path, "r+");
  fsyncSync(file);
  closeSync(file);
}
