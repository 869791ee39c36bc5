import type { ObservedObject } from "../../src/core/plan/compile/read-object.ts";
import { thenStepsOf } from "../../src/core/plan/kinds/undo-calls.ts";
import type { CallStep, Plan } from "../../src/core/plan/plan.ts";
import type { Attempt } from "../../src/core/run/words/input.ts";
import { checkAlone } from "./judge-operation.ts";
import { claim, type Judged, type KnownRun, type Oracle, type RunMemory } from "./memory.ts";
import { boxOf, callStepOf, type EventOf } from "./words.ts";

/**
 * Checks an intent: nothing is sent under two keys, for another engine, or again while it may have happened (I3, I19).
 */
export function intended(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"step_intent">,
  run: KnownRun,
  memory: RunMemory,
): void {
  const { stepId, direction } = event.attempt;
  const step = callStepOf(run.plan, stepId);
  if (step === null) return claim(oracle, false, "I10", `${stepId} is no call`);
  const key = `${stepId} ${direction}`;
  const known = memory.attempts.get(key) ?? [];
  judgeKey(oracle, memory, key, event.idempotencyKey);
  claim(
    oracle,
    known.every((attempt) => attempt.n < event.attempt.n),
    "I3",
    `${key} repeats attempt ${event.attempt.n}`,
  );
  claim(
    oracle,
    !judged.isTaken || event.attempt.epoch === judged.decision.site.epoch,
    "I19",
    `${key} is written for another engine`,
  );
  const idempotency = direction === "do" ? step.idempotency : step.compensation?.idempotency;
  if (event.access === "write" && idempotency !== "keyed") {
    claim(
      oracle,
      known.every((attempt) => attempt.status === "not_applied"),
      "I3",
      `${key} is sent again while it may have happened`,
    );
  }
  memory.attempts.set(key, [
    ...known,
    {
      n: event.attempt.n,
      key: event.idempotencyKey,
      status: "open",
      hasEnded: false,
      atMs: judged.decision.atMs,
      cannotLand: false,
    },
  ]);
  claim(oracle, !memory.isKilled, "I24", `${key} after a kill`);
  checkAlone(oracle, judged.world, event.attempt);
  if (direction === "do")
    forwardIntent(oracle, judged, {
      event,
      run,
      memory,
      step,
      isFirst: known.every((attempt) => attempt.status === "not_applied"),
    });
  else undoIntent(oracle, { event, memory, step, isFirst: known.every((attempt) => attempt.status === "not_applied") });
}

/**
 * Checks the key of an attempt: it is the one of the attempts before (I3), unless the operation under that one has
 * ended. Under that key the target would answer with the old operation for ever (I27). Once nothing of an attempt can
 * land, a person may have another key tried.
 */
function judgeKey(oracle: Oracle, memory: RunMemory, name: string, key: string): void {
  for (const [other, attempts] of memory.attempts) {
    const isKnown = attempts.some((attempt) => attempt.key === key);
    claim(oracle, other === name || !isKnown, "I3", `${name} shares its key`);
  }
  for (const attempt of memory.attempts.get(name) ?? []) {
    if (attempt.hasEnded)
      claim(oracle, attempt.key !== key, "I27", `${name} is sent under a key whose operation has ended`);
    else if (!attempt.cannotLand) claim(oracle, attempt.key === key, "I3", `${name} is sent under two keys`);
  }
}

/**
 * Checks that a step is undone only while the world is as this run left it (I24), and that the undo restores the value
 * of before (I4).
 */
function undoIntent(oracle: Oracle, { event, memory, step, isFirst }: Omit<ForwardIntent, "run">): void {
  claim(oracle, memory.isCompensating, "I11", `the undo of ${step.id} outside the way back`);
  if (!isFirst) return;
  const seen = memory.lastReading?.result.kind === "seen" ? memory.lastReading.result.objects : [];
  const box = boxOf(step.target);
  const level = seen.find((object) => object.object === step.target)?.facts[0]?.value;
  const before = memory.levelsBeforeStep.get(step.id);
  // What runs after an undo runs too if its box is as it was before the step that is undone.
  const isThenRun = step.id.includes(".");
  claim(
    oracle,
    level !== undefined && (level === memory.knownLevels.get(box) || (isThenRun && level === before)),
    "I24",
    `${step.id} is undone although ${box} was read as ${String(level)}`,
  );
  claim(
    oracle,
    before === undefined || event.args.some((argument) => argument.value === before),
    "I4",
    `the undo of ${step.id} puts back something else than ${String(before)}`,
  );
}

interface ForwardIntent {
  readonly event: EventOf<"step_intent">;
  readonly run: KnownRun;
  readonly memory: RunMemory;
  readonly step: CallStep;
  readonly isFirst: boolean;
}

/**
 * An invariant that the reading before a write shows to be false, judged apart from the kernel. The simulator's plans
 * write invariants in one form only: conditions joined by `&&`, alternatives by `||`, each about the level of a box.
 */
function brokenBy(plan: Plan, seen: readonly ObservedObject[]): string | null {
  const levels = new Map(seen.map(({ object, facts }) => [boxOf(object), facts[0]?.value]));
  const isFalse = (alternative: string): boolean => {
    const [, box = "", sign, number] = /box\.(\w+)\.level (==|<=) (\d+)/.exec(alternative) ?? [];
    const level = levels.get(box);
    if (typeof level !== "number") return false;
    return sign === "==" ? level !== Number(number) : level > Number(number);
  };
  const broken = plan.invariants.find(({ holds }) =>
    holds.split("&&").some((condition) => condition.split("||").every(isFalse)),
  );
  return broken?.name ?? null;
}

function forwardIntent(oracle: Oracle, judged: Judged, { event, run, memory, step, isFirst }: ForwardIntent): void {
  const { bounds } = run.plan;
  memory.callCount += 1;
  memory.costUsd += step.costUsd;
  claim(oracle, !memory.isCompensating, "I11", `${step.id} begins during the way back`);
  if (isFirst) {
    claim(
      oracle,
      memory.callCount <= bounds.callCount && memory.costUsd <= bounds.costUsd,
      "I15",
      `${step.id} is beyond the plan's bounds`,
    );
    claim(oracle, !memory.isDraining, "I11", `${step.id} begins while the run drains`);
    claim(
      oracle,
      memory.doubtful.size === 0,
      "I3",
      `${step.id} begins while ${[...memory.doubtful].join()} is in doubt`,
    );
    for (const before of step.after)
      claim(oracle, memory.settled.has(before), "I4", `${step.id} begins before ${before} is over`);
  }
  if (event.access !== "write") return;
  const { authorization } = run;
  claim(
    oracle,
    authorization.kind === "approval" && judged.decision.atMs < authorization.expiresAtMs,
    "I1",
    `${step.id} is written after the approval expired`,
  );
  claim(oracle, !oracle.frozen.has("*"), "I10", `${step.id} is written under a freeze`);
  if (!isFirst) return;
  const broken = brokenBy(run.plan, event.baseline);
  claim(oracle, broken === null, "I26", `${step.id} is written although ${broken ?? "nothing"} is broken`);
  for (const other of run.plan.steps) {
    if (other.kind !== "act" || other.id === step.id || other.target !== step.target) continue;
    const isUnderWay =
      memory.attempts.has(`${other.id} do`) && !memory.settled.has(other.id) && !memory.failed.has(other.id);
    claim(oracle, !isUnderWay, "I12", `${step.id} is written while ${other.id} writes the same box`);
  }
  const box = boxOf(step.target);
  const before = event.baseline.find((object) => object.object === step.target)?.facts[0]?.value;
  if (typeof before === "number") memory.levelsBeforeStep.set(step.id, before);
  for (const next of thenStepsOf(step)) {
    const known = event.baseline.find((object) => object.object === next.target)?.facts[0]?.value;
    if (typeof known === "number") memory.levelsBeforeStep.set(next.id, known);
  }
  const seen = memory.lastReading?.result.kind === "seen" ? memory.lastReading.result.objects : [];
  const level = seen.find((object) => object.object === step.target)?.facts[0]?.value;
  claim(
    oracle,
    level !== undefined && level === memory.knownLevels.get(box),
    "I12",
    `${step.id} is written although ${box} was read as ${String(level)}`,
  );
  const wanted = /level == (\d)/.exec(step.pre)?.[1];
  const read = seen.find((object) => step.pre.includes(object.object.replace("/", ".")))?.facts[0]?.value;
  claim(
    oracle,
    wanted === undefined || Number(wanted) === read,
    "I1",
    `${step.id} is written although \`${step.pre}\` does not hold`,
  );
}

/** Checks that a reply settles its own attempt and no other (I3). */
export function attemptSettled(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"attempt_settled">,
  memory: RunMemory,
): void {
  const { stepId, direction, n } = event.attempt;
  const attempts = memory.attempts.get(`${stepId} ${direction}`) ?? [];
  const attempt = attempts.find((known) => known.n === n);
  if (attempt === undefined)
    return claim(oracle, false, "I3", `a reply settles attempt ${n} of ${stepId}, which was never made`);
  const { input } = judged;
  if (input.kind === "reply") {
    // An answer that names no operation is none, where an operation was to be started.
    const isUnnamed = event.reply.kind === "unknown" && event.reply.problem.code === "E_OPERATION_UNNAMED";
    const isSame = input.reply.kind === event.reply.kind || (input.reply.kind === "applied" && isUnnamed);
    claim(
      oracle,
      sameTry(input.attempt, event.attempt) && isSame,
      "I3",
      `a reply settles another attempt than its own`,
    );
  } else claim(oracle, event.reply.kind === "unknown", "I19", "an attempt is settled without a reply");
  attempt.status =
    event.reply.kind === "applied" ? "applied" : event.reply.kind === "unknown" ? "unknown" : "not_applied";
  // A reply that came late ends the doubt: the target did it, or says of every try that it did not.
  const isKnown = attempts.every(({ status }) => status === "applied" || status === "not_applied");
  if (event.reply.kind === "applied" || isKnown) memory.doubtful.delete(stepId);
}

function sameTry(left: Attempt, right: Attempt): boolean {
  return (
    left.stepId === right.stepId &&
    left.direction === right.direction &&
    left.n === right.n &&
    left.epoch === right.epoch
  );
}
