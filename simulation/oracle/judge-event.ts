import type { Event } from "../../src/core/run/words/event.ts";
import { checkUnacknowledged, noteAcknowledged, noteReadBack } from "./judge-acknowledged.ts";
import { attemptSettled, intended } from "./judge-intent.ts";
import { checkNoneLeft, checkOver } from "./judge-operation.ts";
import { compensated, compensating } from "./judge-way-back.ts";
import { claim, type Judged, type KnownRun, memoryOf, type Oracle, type RunMemory } from "./memory.ts";
import { boxOf, callStepOf, type EventOf, leftLevel, undoneBefore } from "./words.ts";

/** Checks one event of a run against what the oracle remembers of the run, and remembers the event. */
export function checkRunEvent(oracle: Oracle, judged: Judged, event: Event, run: KnownRun): void {
  const memory = memoryOf(oracle, run.runId);
  if (memory.end !== null)
    claim(
      oracle,
      event.kind === "reply_ignored" || event.kind === "input_refused",
      "I8",
      `\`${event.kind}\` after the end`,
    );
  noteAcknowledged(event, memory);
  switch (event.kind) {
    case "run_started":
      return started(oracle, judged, event, run, memory);
    case "step_intent":
      return intended(oracle, judged, event, run, memory);
    case "attempt_settled":
      return attemptSettled(oracle, judged, event, memory);
    case "step_skipped":
      memory.settled.set(event.stepId, "not_run");
      return;
    case "step_settled":
      return settled(oracle, judged, event, run, memory);
    case "step_failed":
      return failed(oracle, judged, event, run, memory);
    case "step_in_doubt":
      memory.doubtful.add(event.stepId);
      return;
    case "step_resolved":
      return resolved(oracle, judged, event, run, memory);
    case "run_draining":
      memory.isDraining = true;
      return;
    case "run_killed":
      memory.isKilled = true;
      return;
    case "operation_started":
      memory.operations.add(event.operationId);
      return;
    case "operation_ended":
      memory.doubtful.delete(event.stepId);
      for (const attempt of memory.attempts.get(`${event.stepId} ${event.direction}`) ?? []) attempt.hasEnded = true;
      return;
    case "compensation_started":
      checkNoneLeft(oracle, judged.world, run.runId, memory, "the way back begins");
      return compensating(oracle, judged, event, run, memory);
    case "step_compensated":
      checkOver(oracle, judged.world, { ...event, direction: "undo", what: "undone" });
      return compensated(oracle, event, run, memory);
    case "run_dirty":
      claim(oracle, event.owner !== "" && Number.isFinite(event.dueAtMs), "I21", "a dirty run has no owner");
      return;
    case "run_ended":
      return ended(oracle, judged, event, run, memory);
    default:
      return;
  }
}

function started(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"run_started">,
  run: KnownRun,
  memory: RunMemory,
): void {
  const { authorization } = event;
  claim(
    oracle,
    authorization.kind === "approval" && authorization.planHash === event.planHash,
    "I1",
    "a run without an approval of its hash",
  );
  if (authorization.kind === "approval") {
    claim(oracle, !oracle.usedApprovals.has(authorization.approvalId), "I1", "an approval is used twice");
    claim(oracle, judged.decision.atMs < authorization.expiresAtMs, "I1", "an approval is used after it expired");
    oracle.usedApprovals.add(authorization.approvalId);
  }
  const isWriting = run.plan.steps.some((step) => callStepOf(run.plan, step.id)?.call.access === "write");
  claim(oracle, !isWriting || !oracle.frozen.has("*"), "I10", "a run starts under a freeze");
  for (const lock of event.locks) {
    claim(oracle, !oracle.locks.has(lock), "I5", `${lock} is locked twice`);
    oracle.locks.set(lock, run.runId);
  }
  for (const step of run.plan.steps) {
    if (step.kind === "act")
      claim(oracle, event.locks.includes(step.target ?? ""), "I5", `${step.target ?? ""} is not locked`);
  }
  for (const seen of event.baseline) {
    const box = boxOf(seen.object);
    const level = Number(seen.facts[0]?.value);
    memory.beforeLevels.set(box, level);
    memory.knownLevels.set(box, level);
    claim(oracle, level === 0, "I12", `${box} is not as it was planned for`);
  }
}

function settled(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"step_settled">,
  run: KnownRun,
  memory: RunMemory,
): void {
  const step = callStepOf(run.plan, event.stepId);
  claim(oracle, !memory.settled.has(event.stepId), "I8", `${event.stepId} is settled twice`);
  memory.settled.set(event.stepId, event.outcome);
  memory.doubtful.delete(event.stepId);
  if (step === null || step.call.access === "read") return;
  memory.touched.push(event.stepId);
  noteReadBack(memory, event.stepId, "do");
  const { runId } = run;
  checkOver(oracle, judged.world, { runId, stepId: event.stepId, direction: "do", what: "done" });
  const box = boxOf(step.target);
  const seen = memory.lastReading?.result.kind === "seen" ? memory.lastReading.result.objects : [];
  const level = seen.find((object) => object.object === step.target)?.facts[0]?.value;
  const wanted = step.post?.expect.split(" == ")[1];
  claim(
    oracle,
    memory.lastReading?.commandId.includes(`/${event.stepId}/after/`) === true && String(level) === wanted,
    "I20",
    `${event.stepId} is done although ${box} was read as ${String(level)}`,
  );
  claim(
    oracle,
    (memory.landings.get(`${event.stepId} do`) ?? 0) > 0 || memory.byPerson.has(event.stepId) || oracle.isMeddled,
    "I20",
    `${event.stepId} is done and never landed`,
  );
  memory.knownLevels.set(box, leftLevel(event.left));
}

function failed(oracle: Oracle, judged: Judged, event: EventOf<"step_failed">, run: KnownRun, memory: RunMemory): void {
  checkOver(oracle, judged.world, { runId: run.runId, stepId: event.stepId, direction: "do", what: "failed" });
  const attempts = memory.attempts.get(`${event.stepId} do`) ?? [];
  const step = callStepOf(run.plan, event.stepId);
  memory.doubtful.delete(event.stepId);
  memory.failed.add(event.stepId);
  if (event.onWordOf !== undefined) memory.onWord.add(event.stepId);
  if (event.outcome !== null) memory.settled.set(event.stepId, event.outcome);
  if (event.touched) {
    memory.touched.push(event.stepId);
    if (step !== null) memory.knownLevels.set(boxOf(step.target), leftLevel(event.left));
    return;
  }
  if (step?.call.access !== "write") return;
  const isClean = attempts.every((attempt) => attempt.status === "not_applied");
  claim(
    oracle,
    isClean || memory.byPerson.has(event.stepId),
    "I11",
    `${event.stepId} is called untouched although an attempt may have happened`,
  );
}

function resolved(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"step_resolved">,
  run: KnownRun,
  memory: RunMemory,
): void {
  if (event.by !== null) memory.byPerson.add(event.stepId);
  memory.doubtful.delete(event.stepId);
  const undoBound = callStepOf(run.plan, event.stepId)?.compensation?.landsWithinMs ?? null;
  for (const attempt of memory.attempts.get(`${event.stepId} ${event.direction}`) ?? []) {
    if (event.direction === "undo" && undoBound !== null && judged.decision.atMs - attempt.atMs >= undoBound)
      attempt.cannotLand = true;
    // A person's word outranks an acknowledgement: if the effect had happened, somebody has undone it since. So does a
    // reading after the target's bound on landing.
    const isOpen = attempt.status === "open" || attempt.status === "unknown";
    if (event.as !== "applied") attempt.status = "not_applied";
    else if (isOpen) attempt.status = "applied";
  }
  if (event.by !== null) return;
  const { stepId } = event;
  claim(oracle, event.as === "not_applied", "I3", "the kernel resolves a doubt by itself in favour of the effect");
  const bound = callStepOf(run.plan, stepId)?.landsWithinMs ?? null;
  claim(oracle, bound !== null, "I11", `${stepId} is said not to have happened, and it may still land`);
  const hasLanded = (memory.landings.get(`${stepId} do`) ?? 0) > 0;
  claim(oracle, !hasLanded || oracle.isMeddled, "I20", `${stepId} landed, and is said not to have happened`);
}

function ended(oracle: Oracle, judged: Judged, event: EventOf<"run_ended">, run: KnownRun, memory: RunMemory): void {
  memory.end = event;
  for (const [lock, holder] of [...oracle.locks]) if (holder === run.runId) oracle.locks.delete(lock);
  const { world } = judged;
  const isOwn = (box: string): boolean => !world.meddledBoxes.has(box);
  if (event.outcome !== "closed") {
    for (const [key, attempts] of memory.attempts) {
      const step = callStepOf(run.plan, key.split(" ")[0] ?? "");
      const hasApplied =
        attempts.some((attempt) => attempt.status === "applied") ||
        memory.settled.has(step?.id ?? "") ||
        memory.undone.includes(step?.id ?? "") ||
        memory.thenRan.includes(step?.id ?? "");
      const isOver =
        step?.call.access !== "write" || hasApplied || attempts.every((attempt) => attempt.status === "not_applied");
      claim(
        oracle,
        isOver || memory.touched.includes(step?.id ?? ""),
        "I11",
        `the run ends while ${key} may still land`,
      );
    }
    claim(oracle, memory.doubtful.size === 0, "I11", "the run ends in doubt");
    checkNoneLeft(oracle, world, run.runId, memory, "the run ends");
  }
  checkFailed(oracle, event, { run, memory });
  checkUnacknowledged(oracle, event, memory);
  if (event.outcome === "succeeded" || event.outcome === "succeeded_in_part") {
    const levels = new Map<string, number>();
    for (const stepId of memory.touched)
      levels.set(
        boxOf(callStepOf(run.plan, stepId)?.target),
        memory.knownLevels.get(boxOf(callStepOf(run.plan, stepId)?.target)) ?? -1,
      );
    for (const [box, level] of levels)
      claim(
        oracle,
        !isOwn(box) || (world.levels.get(box) ?? 0) === level,
        "I20",
        `succeeded, and ${box} is at ${world.levels.get(box) ?? 0}`,
      );
    claim(oracle, event.wrote.length === memory.touched.length, "I8", "what was written is not what is listed");
  }
  if (event.outcome === "compensated")
    claim(oracle, memory.touched.length > 0, "I4", "compensated, and nothing was touched");
  checkWords(oracle, event, memory);
  if (event.outcome !== "compensated") return;
  claim(
    oracle,
    memory.undone.length === memory.touched.length && event.wrote.length === 0,
    "I4",
    "compensated, and not every touched step was undone",
  );
  if (memory.byPerson.size > 0) return;
  for (const [box, level] of memory.beforeLevels)
    claim(
      oracle,
      !isOwn(box) || (world.levels.get(box) ?? 0) === level,
      "I4",
      `compensated, and ${box} is at ${world.levels.get(box) ?? 0}`,
    );
}

/** Checks that an end lists every step that failed and was not undone, and is no plain success if there is one. */
function checkFailed(
  oracle: Oracle,
  event: EventOf<"run_ended">,
  { run, memory }: { readonly run: KnownRun; readonly memory: RunMemory },
): void {
  const left = [...memory.failed].filter((stepId) => !memory.undone.includes(stepId));
  const listed = (event.failed ?? []).map(({ stepId }) => stepId);
  const more = listed.filter((stepId) => !left.includes(stepId));
  claim(
    oracle,
    left.every((stepId) => listed.includes(stepId)) &&
      more.every((stepId) => event.wrote.includes(stepId) || undoneBefore(run.plan, stepId) !== null),
    "I20",
    `${left.join()} failed, and the end lists ${listed.join()}`,
  );
  claim(oracle, event.outcome !== "succeeded" || left.length === 0, "I20", "succeeded, and steps failed");
  claim(oracle, event.outcome !== "succeeded_in_part" || left.length > 0, "I20", "no step failed, and it is in part");
}

/** Checks that a run in which a step is as it is on a person's word, unread, ends closed and names that person. */
function checkWords(oracle: Oracle, event: EventOf<"run_ended">, memory: RunMemory): void {
  if (memory.onWord.size === 0) return;
  claim(oracle, event.outcome === "closed", "I20", `${[...memory.onWord].join()} on a word, and ${event.outcome}`);
  const isNamed = event.reason.includes("bob");
  claim(oracle, isNamed, "I20", "the end does not say on whose word it rests");
}
