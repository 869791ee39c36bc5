// The oracle: compares what the log says with what the other side counted. It knows the fields of events and uses none
// of the kernel's code.

import type { LogEntry } from "../../src/core/log/record.ts";
import { exportLog } from "../../src/log/export-log.ts";
import type { StoreReader } from "../../src/log/store.ts";
import { verifyLog } from "../../src/log/verify-log.ts";
import { verifyExport } from "../../verifier/verify.ts";
import type { Effect, EffectServer } from "./effect-server.ts";

/** Something that a worker printed before it was killed, which counts as acknowledged. */
export type Said =
  | { readonly kind: "owner"; readonly epoch: number }
  | { readonly kind: "started"; readonly runId: string }
  | {
      readonly kind: "rested";
      readonly runId: string;
      readonly isEnded: boolean;
      readonly view: { readonly outcome: string | null };
    };

/** The result of checking a history. */
export interface History {
  readonly violations: readonly string[];
  readonly runCount: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly effectCount: number;
  readonly repeatedCount: number;
  /** Runs that were taken over by a later engine at least once. */
  readonly takenOverCount: number;
}

interface Intent {
  readonly runId: string;
  readonly stepId: string;
  readonly direction: "do" | "undo";
  readonly key: string;
}

interface RunHistory {
  readonly runId: string;
  readonly approvalId: string;
  readonly intents: Intent[];
  readonly settled: Set<string>;
  ended: { readonly outcome: string; readonly atMs: number } | null;
  takeovers: number;
}

/** Checks a history after the last engine brought every run to rest. */
export function checkHistory(reader: StoreReader, server: EffectServer, said: readonly Said[]): History {
  const violations: string[] = [];
  checkLog(reader, violations);
  const runs = readRuns(reader);
  const byKey = Map.groupBy(server.effects, ({ key }) => key);
  checkIntents(runs, server.effects, violations);
  for (const run of runs.values()) checkRun(run, byKey, violations);
  checkAcknowledged(runs, said, violations);
  checkApprovals(runs, violations);
  checkResting(reader, violations);
  checkTallies(server, violations);
  const outcomes = Object.groupBy([...runs.values()], ({ ended }) => ended?.outcome ?? "waiting");
  return {
    violations,
    runCount: runs.size,
    effectCount: server.effects.length,
    outcomes: Object.fromEntries(Object.entries(outcomes).map(([outcome, list]) => [outcome, list?.length ?? 0])),
    repeatedCount: server.effects.filter(({ kind }) => kind === "repeated").length,
    takenOverCount: [...runs.values()].filter(({ takeovers }) => takeovers > 0).length,
  };
}

/** I6: the log holds for both verifiers, and they find the same head. */
function checkLog(reader: StoreReader, violations: string[]): void {
  const verified = verifyLog(reader);
  const exported = verifyExport([...exportLog(reader)]);
  if (!verified.ok) violations.push(`I6: ${verified.error.message}`);
  else if (!exported.ok || exported.head !== verified.value.head)
    violations.push(`I6: the stand-alone verifier says ${exported.problem ?? exported.head}`);
}

function readRuns(reader: StoreReader): ReadonlyMap<string, RunHistory> {
  const runs = new Map<string, RunHistory>();
  for (let fromSeq = 0; ; ) {
    const page = reader.entries({ stream: null, fromSeq, limit: 2_000 });
    for (const entry of page) readEntry(runs, entry);
    fromSeq += page.length;
    if (page.length < 2_000) return runs;
  }
}

function readEntry(runs: Map<string, RunHistory>, { record, bodyText }: LogEntry): void {
  // The fields of our own events; the log verified.
  const event = JSON.parse(bodyText ?? "null") as {
    readonly runId: string;
    readonly access: string;
    readonly idempotencyKey: string;
    readonly outcome: string;
    readonly stepId: string;
    readonly attempt: Intent;
    readonly authorization: { readonly approvalId: string };
  };
  if (record.kind === "run_started")
    runs.set(event.runId, {
      runId: event.runId,
      approvalId: event.authorization.approvalId,
      intents: [],
      settled: new Set(),
      ended: null,
      takeovers: 0,
    });
  const run = runs.get(record.stream);
  if (run === undefined) return;
  if (record.kind === "step_intent" && event.access === "write")
    run.intents.push({
      runId: run.runId,
      stepId: event.attempt.stepId,
      direction: event.attempt.direction,
      key: event.idempotencyKey,
    });
  if (record.kind === "step_settled" && event.outcome === "done") run.settled.add(event.stepId);
  if (record.kind === "run_ended") run.ended = { outcome: event.outcome, atMs: record.atMs };
  if (record.kind === "epoch_changed") run.takeovers += 1;
}

/** I8: everything that was sent has its intent in the log, however the sender died. A step has one key a direction. */
function checkIntents(runs: ReadonlyMap<string, RunHistory>, effects: readonly Effect[], violations: string[]): void {
  const intents = [...runs.values()].flatMap((run) => run.intents);
  const known = new Set(intents.map(({ key }) => key));
  for (const { key, path } of effects)
    if (!known.has(key)) violations.push(`I8: an effect on ${path} has no intent in the log`);
  for (const [step, ofStep] of Map.groupBy(
    intents,
    ({ runId, stepId, direction }) => `${runId}/${stepId}/${direction}`,
  )) {
    if (new Set(ofStep.map(({ key }) => key)).size > 1) violations.push(`I3: ${step} was sent under more than one key`);
  }
}

function checkRun(run: RunHistory, byKey: ReadonlyMap<string, readonly Effect[]>, violations: string[]): void {
  const applied = (stepId: string, direction: Intent["direction"]): readonly Effect[] => {
    const keys = new Set(
      run.intents.filter((intent) => intent.stepId === stepId && intent.direction === direction).map(({ key }) => key),
    );
    return [...keys].flatMap((key) => (byKey.get(key) ?? []).filter(({ kind }) => kind === "applied"));
  };
  const stepIds = [...new Set(run.intents.map(({ stepId }) => stepId))];
  for (const stepId of stepIds) {
    const [done, undone] = [applied(stepId, "do"), applied(stepId, "undo")];
    if (done.length > 1 || undone.length > 1)
      violations.push(`I3: ${run.runId}/${stepId} had its effect ${Math.max(done.length, undone.length)} times`);
    if (run.settled.has(stepId) && done.length === 0)
      violations.push(`I20: ${run.runId}/${stepId} is done, and nothing happened`);
    if (run.ended?.outcome === "compensated" && done.length !== undone.length)
      violations.push(`I4: ${run.runId}/${stepId} was done ${done.length} times and undone ${undone.length} times`);
    const late = [...done, ...undone].find(({ atMs }) => run.ended !== null && atMs > run.ended.atMs);
    if (late !== undefined) violations.push(`I11: ${run.runId}/${stepId} had an effect after the run had ended`);
    const [first] = undone;
    if (first !== undefined && done.some(({ atMs }) => atMs > first.atMs))
      violations.push(`I11: ${run.runId}/${stepId} had its effect after it was undone`);
  }
}

/** I8: what a worker said before it was killed is still true. */
function checkAcknowledged(runs: ReadonlyMap<string, RunHistory>, said: readonly Said[], violations: string[]): void {
  let epoch = 0;
  for (const line of said) {
    if (line.kind === "owner") {
      if (line.epoch <= epoch) violations.push(`I19: epoch ${line.epoch} after ${epoch}`);
      epoch = line.epoch;
      continue;
    }
    const run = runs.get(line.runId);
    if (run === undefined) violations.push(`I8: ${line.runId} was acknowledged and is not in the log`);
    else if (line.kind === "rested" && line.isEnded && run.ended?.outcome !== line.view.outcome) {
      const [said, logged] = [line.view.outcome ?? "", run.ended?.outcome ?? "nothing"];
      violations.push(`I8: ${line.runId} was said to have ended \`${said}\`, the log says \`${logged}\``);
    }
  }
}

/** I1: an approval starts one run. */
function checkApprovals(runs: ReadonlyMap<string, RunHistory>, violations: string[]): void {
  const used = Map.groupBy(runs.values(), ({ approvalId }) => approvalId);
  for (const [approvalId, list] of used)
    if (list.length > 1) violations.push(`I1: ${approvalId} started ${list.length} runs`);
}

/** I21: with the faults over, every run has ended or waits for a person. */
function checkResting(reader: StoreReader, violations: string[]): void {
  for (const state of ["running", "draining", "compensating"] as const) {
    for (const { runId } of reader.runs({ state, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1_000 }))
      violations.push(`I21: ${runId} is ${state}, and nobody works on it; last: ${lastKinds(reader, runId)}`);
  }
}

function lastKinds(reader: StoreReader, runId: string): string {
  return reader
    .entries({ stream: runId, fromSeq: 0, limit: 10_000 })
    .slice(-6)
    .map(({ record }) => record.kind)
    .join(", ");
}

/** The server's own books agree: its tallies are the bumps that it counted. */
function checkTallies({ counts, effects }: EffectServer, violations: string[]): void {
  for (const [tally, count] of counts) {
    const bumps = effects.filter(({ path }) => path === `tallies/${tally}`).length;
    if (bumps !== count) violations.push(`the server bumped ${tally} ${bumps} times and counts ${count}`);
  }
}
