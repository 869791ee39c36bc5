import type { Plan } from "../../src/core/plan/plan.ts";
import { noteReadBack } from "./judge-acknowledged.ts";
import { claim, type Judged, type KnownRun, type Oracle, type RunMemory } from "./memory.ts";
import { boxOf, callStepOf, type EventOf, leftLevel, undoneBefore } from "./words.ts";

/**
 * Checks how the way back begins: it covers everything that was touched, newest first, and nothing is in the air (I4,
 * I11).
 */
export function compensating(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"compensation_started">,
  run: KnownRun,
  memory: RunMemory,
): void {
  claim(oracle, memory.touched.length > 0, "I4", "a way back begins and nothing was touched");
  for (const { by, steps } of event.covered ?? []) for (const stepId of steps) memory.covered.set(stepId, by);
  const left = memory.touched.filter((stepId) => !memory.covered.has(stepId)).reverse();
  const undone = event.order.filter((stepId) => undoneBefore(run.plan, stepId) === null);
  claim(
    oracle,
    undone.join() === left.join(),
    "I4",
    `undoes ${event.order.join()} although ${memory.touched.join()} were touched`,
  );
  thenRunning(oracle, event, run, memory);
  for (const [at, stepId] of event.order.entries()) {
    for (const later of event.order.slice(at + 1))
      claim(
        oracle,
        !ancestorsOf(run.plan, later).has(stepId),
        "I4",
        `${stepId} is undone before ${later}, which came after it`,
      );
  }
  for (const [key, attempts] of memory.attempts) {
    if (!key.endsWith(" do") || callStepOf(run.plan, key.slice(0, -3))?.call.access !== "write") continue;
    claim(
      oracle,
      attempts.every((attempt) => attempt.status !== "open"),
      "I11",
      `the way back begins while ${key} is in the air`,
    );
  }
  claim(
    oracle,
    memory.doubtful.size === 0,
    "I11",
    `the way back begins while ${[...memory.doubtful].join()} is in doubt`,
  );
  claim(oracle, judged.run === run, "I11", "another run's way back");
  memory.isCompensating = true;
}

/**
 * Checks what runs after undos: behind every undo that asks for it, never twice in a row, and a covered step behind the
 * undo of the step that it was built on (I4).
 */
function thenRunning(
  oracle: Oracle,
  { order, covered = [] }: EventOf<"compensation_started">,
  { plan }: KnownRun,
  memory: RunMemory,
): void {
  const boxesAfter = (stepId: string): readonly string[] =>
    (callStepOf(plan, stepId)?.compensation?.thenRun ?? []).map(({ target }) => boxOf(target));
  for (const [at, stepId] of order.entries()) {
    const behind = undoneBefore(plan, stepId);
    const box = boxOf(callStepOf(plan, stepId)?.target);
    if (behind !== null)
      claim(oracle, order.indexOf(behind.id) < at && order.includes(behind.id), "I4", `${stepId} runs before its undo`);
    for (const wanted of behind === null ? boxesAfter(stepId) : []) {
      const runs = order.slice(at + 1).filter((later) => undoneBefore(plan, later) !== null);
      const found = runs.some((later) => boxOf(callStepOf(plan, later)?.target) === wanted);
      claim(oracle, found, "I4", `nothing runs on ${wanted} after the undo of ${stepId}`);
    }
    const next = order.slice(at + 1).find((later) => boxOf(callStepOf(plan, later)?.target) === box);
    const isRepeat = behind !== null && next !== undefined && undoneBefore(plan, next) !== null;
    const between = next === undefined ? [] : order.slice(at + 1, order.indexOf(next));
    const isAsked = between.some((each) => boxesAfter(each).includes(box));
    claim(oracle, !isRepeat || isAsked, "I4", `${next ?? ""} repeats ${stepId}, and nothing was undone between`);
  }
  for (const { by, steps } of covered) {
    const box = boxOf(callStepOf(plan, by)?.target);
    for (const stepId of steps) {
      const older = memory.touched.slice(0, memory.touched.indexOf(stepId));
      const base = older.findLast((each) => boxesAfter(each).includes(box) && ancestorsOf(plan, stepId).has(each));
      claim(oracle, boxOf(callStepOf(plan, stepId)?.target) === box, "I4", `${by} covers ${stepId} on another box`);
      const newer = memory.touched.slice(memory.touched.indexOf(stepId)).find((each) => boxesAfter(each).includes(box));
      const [from, to] = [order.indexOf(newer ?? ""), order.indexOf(base ?? "")];
      const isBetween = order
        .slice(from + 1, to)
        .some((each) => undoneBefore(plan, each) !== null && boxOf(callStepOf(plan, each)?.target) === box);
      claim(oracle, newer === undefined || isBetween, "I4", `nothing runs on ${box} before ${base ?? ""} is undone`);
      const isAfter = base !== undefined && order.includes(by) && order.indexOf(base) < order.indexOf(by);
      claim(oracle, isAfter, "I4", `${stepId} is covered before what it was built on is undone`);
    }
  }
}

/** Checks a step of the way back that is over (I4, I20). */
export function compensated(
  oracle: Oracle,
  event: EventOf<"step_compensated">,
  run: KnownRun,
  memory: RunMemory,
): void {
  const behind = undoneBefore(run.plan, event.stepId);
  const over = behind === null ? memory.undone : memory.thenRan;
  claim(oracle, !over.includes(event.stepId), "I4", `${event.stepId} is undone twice`);
  over.push(event.stepId);
  memory.doubtful.delete(event.stepId);
  if (event.how === "undone") noteReadBack(memory, event.stepId, "undo");
  else memory.unacknowledged.delete(event.stepId);
  if (behind !== null)
    claim(oracle, memory.undone.includes(behind.id), "I4", `${event.stepId} ran before ${behind.id} was undone`);
  const isToldBy = event.how === "by_person" || memory.byPerson.has(event.stepId);
  if (behind !== null)
    claim(oracle, event.how === "undone" || isToldBy, "I4", `${event.stepId} must run, and is called a no-op`);
  if (event.how === "covered") {
    const by = memory.covered.get(event.stepId);
    return claim(
      oracle,
      by !== undefined && memory.thenRan.includes(by),
      "I4",
      `${event.stepId} is covered by nothing`,
    );
  }
  const step = callStepOf(run.plan, event.stepId);
  if (event.how === "by_person") memory.onWord.add(event.stepId);
  if (event.how === "by_person" || step === null) return;
  const landed = memory.landings.get(`${event.stepId} undo`) ?? 0;
  if (event.how === "undone")
    claim(
      oracle,
      landed > 0 || oracle.isMeddled || memory.byPerson.has(event.stepId),
      "I20",
      `${event.stepId} is called undone and the undo never landed`,
    );
  else
    claim(
      oracle,
      landed === 0 || memory.byPerson.has(event.stepId),
      "I4",
      `${event.stepId} was undone, and is called a no-op`,
    );
  const reading = memory.lastReading?.result.kind === "seen" ? memory.lastReading.result.objects : [];
  const level = reading.find((object) => object.object === step.target)?.facts[0]?.value;
  claim(oracle, level !== undefined, "I20", `${event.stepId} is called undone without a reading`);
  memory.knownLevels.set(boxOf(step.target), leftLevel(event.left));
}

/** Every step that has to be over before this one. */
function ancestorsOf(plan: Plan, stepId: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    for (const before of plan.steps.find((step) => step.id === id)?.after ?? []) {
      if (found.has(before)) continue;
      found.add(before);
      visit(before);
    }
  };
  visit(stepId);
  return found;
}
