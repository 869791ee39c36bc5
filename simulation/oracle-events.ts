import type { CallStep, Plan } from "../src/core/plan/plan.ts";
import type { Event } from "../src/core/run/words/event.ts";
import type { Attempt } from "../src/core/run/words/input.ts";
import { claim, type Judged, memoryOf, type Oracle, type RunMemory } from "./oracle.ts";
import type { SimulatedRun } from "./simulation.ts";

/** Holds one event of a run against what the oracle remembers of it, and remembers it. */
export function checkRunEvent(oracle: Oracle, judged: Judged, event: Event, run: SimulatedRun): void {
  const memory = memoryOf(oracle, run.runId);
  if (memory.end !== null)
    claim(
      oracle,
      event.kind === "reply_ignored" || event.kind === "input_refused",
      "I8",
      `\`${event.kind}\` after the end`,
    );
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
      return settled(oracle, event, run, memory);
    case "step_failed":
      return failed(oracle, event, run, memory);
    case "step_in_doubt":
      memory.doubtful.add(event.stepId);
      return;
    case "step_resolved":
      return resolved(oracle, event, memory);
    case "run_draining":
      memory.isDraining = true;
      return;
    case "run_killed":
      memory.isKilled = true;
      return;
    case "compensation_started":
      return compensating(oracle, judged, event, run, memory);
    case "step_compensated":
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

type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;

function stepOf(plan: Plan, stepId: string): CallStep | null {
  const step = plan.steps.find((candidate) => candidate.id === stepId);
  return step !== undefined && (step.kind === "act" || step.kind === "probe") ? step : null;
}

/** Every plan step that has to be over before this one. */
export function ancestorsOf(plan: Plan, stepId: string): ReadonlySet<string> {
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

function started(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"run_started">,
  run: SimulatedRun,
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
  const isWriting = run.plan.steps.some((step) => stepOf(run.plan, step.id)?.call.access === "write");
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
    const box = seen.object.slice("box/".length);
    const level = Number(seen.facts[0]?.value);
    memory.beforeLevels.set(box, level);
    memory.knownLevels.set(box, level);
    claim(oracle, level === 0, "I12", `${box} is not as it was planned for`);
  }
}

function intended(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"step_intent">,
  run: SimulatedRun,
  memory: RunMemory,
): void {
  const { stepId, direction } = event.attempt;
  const step = stepOf(run.plan, stepId);
  if (step === null) return claim(oracle, false, "I10", `${stepId} is no call`);
  const key = `${stepId} ${direction}`;
  const known = memory.attempts.get(key) ?? [];
  claim(
    oracle,
    known.every((attempt) => attempt.key === event.idempotencyKey),
    "I3",
    `${key} is sent under two keys`,
  );
  // All tries at one thing have one key, which was claimed as each was made: the first stands for them.
  for (const [other, [first]] of memory.attempts)
    claim(oracle, other === key || first?.key !== event.idempotencyKey, "I3", `${key} shares its key`);
  claim(
    oracle,
    known.every((attempt) => attempt.n < event.attempt.n),
    "I3",
    `${key} repeats attempt ${event.attempt.n}`,
  );
  claim(oracle, event.attempt.epoch === judged.simulation.site.epoch, "I19", `${key} is written for another engine`);
  const idempotency = direction === "do" ? step.idempotency : step.compensation?.idempotency;
  if (event.access === "write" && idempotency !== "keyed") {
    claim(
      oracle,
      known.every((attempt) => attempt.status === "not_applied"),
      "I3",
      `${key} is sent again while it may have happened`,
    );
  }
  memory.attempts.set(key, [...known, { n: event.attempt.n, key: event.idempotencyKey, status: "open" }]);
  claim(oracle, !memory.isKilled, "I24", `${key} after a kill`);
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

/** The way back is taken only while the world is as this run left it (I24), and leads to the values of before (I4). */
function undoIntent(oracle: Oracle, { event, memory, step, isFirst }: Omit<ForwardIntent, "run">): void {
  claim(oracle, memory.isCompensating, "I11", `the undo of ${step.id} outside the way back`);
  if (!isFirst) return;
  const seen = memory.lastReading?.result.kind === "seen" ? memory.lastReading.result.objects : [];
  const box = (step.target ?? "").slice("box/".length);
  const level = seen.find((object) => object.object === step.target)?.facts[0]?.value;
  claim(
    oracle,
    level !== undefined && level === memory.knownLevels.get(box),
    "I24",
    `${step.id} is undone although ${box} was read as ${String(level)}`,
  );
  const before = memory.levelsBeforeStep.get(step.id);
  claim(
    oracle,
    before === undefined || event.args.some((argument) => argument.value === before),
    "I4",
    `the undo of ${step.id} puts back something else than ${String(before)}`,
  );
}

interface ForwardIntent {
  readonly event: EventOf<"step_intent">;
  readonly run: SimulatedRun;
  readonly memory: RunMemory;
  readonly step: CallStep;
  readonly isFirst: boolean;
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
  for (const other of run.plan.steps) {
    if (other.kind !== "act" || other.id === step.id || other.target !== step.target) continue;
    const isUnderWay =
      memory.attempts.has(`${other.id} do`) && !memory.settled.has(other.id) && !memory.failed.has(other.id);
    claim(oracle, !isUnderWay, "I12", `${step.id} is written while ${other.id} writes the same box`);
  }
  const box = (step.target ?? "").slice("box/".length);
  const before = event.baseline.find((object) => object.object === step.target)?.facts[0]?.value;
  if (typeof before === "number") memory.levelsBeforeStep.set(step.id, before);
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

function attemptSettled(oracle: Oracle, judged: Judged, event: EventOf<"attempt_settled">, memory: RunMemory): void {
  const { stepId, direction, n } = event.attempt;
  const attempt = memory.attempts.get(`${stepId} ${direction}`)?.find((known) => known.n === n);
  if (attempt === undefined)
    return claim(oracle, false, "I3", `a reply settles attempt ${n} of ${stepId}, which was never made`);
  const { input } = judged;
  if (input.kind === "reply") {
    claim(
      oracle,
      sameTry(input.attempt, event.attempt) && input.reply.kind === event.reply.kind,
      "I3",
      `a reply settles another attempt than its own`,
    );
  } else claim(oracle, event.reply.kind === "unknown", "I19", "an attempt is settled without a reply");
  if (event.reply.kind === "applied") memory.doubtful.delete(stepId);
  attempt.status =
    event.reply.kind === "applied" ? "applied" : event.reply.kind === "unknown" ? "unknown" : "not_applied";
}

function sameTry(left: Attempt, right: Attempt): boolean {
  return (
    left.stepId === right.stepId &&
    left.direction === right.direction &&
    left.n === right.n &&
    left.epoch === right.epoch
  );
}

function settled(oracle: Oracle, event: EventOf<"step_settled">, run: SimulatedRun, memory: RunMemory): void {
  const step = stepOf(run.plan, event.stepId);
  claim(oracle, !memory.settled.has(event.stepId), "I8", `${event.stepId} is settled twice`);
  memory.settled.set(event.stepId, event.outcome);
  memory.doubtful.delete(event.stepId);
  if (step === null || step.call.access === "read") return;
  memory.touched.push(event.stepId);
  const box = (step.target ?? "").slice("box/".length);
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

function leftLevel(left: { readonly facts: readonly { readonly value: unknown }[] } | null): number | null {
  const level = left?.facts[0]?.value;
  return typeof level === "number" ? level : null;
}

function failed(oracle: Oracle, event: EventOf<"step_failed">, run: SimulatedRun, memory: RunMemory): void {
  const attempts = memory.attempts.get(`${event.stepId} do`) ?? [];
  const step = stepOf(run.plan, event.stepId);
  memory.doubtful.delete(event.stepId);
  memory.failed.add(event.stepId);
  if (event.outcome !== null) memory.settled.set(event.stepId, event.outcome);
  if (event.touched) {
    memory.touched.push(event.stepId);
    if (step !== null) memory.knownLevels.set((step.target ?? "").slice("box/".length), leftLevel(event.left));
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

function resolved(oracle: Oracle, event: EventOf<"step_resolved">, memory: RunMemory): void {
  if (event.by !== null) memory.byPerson.add(event.stepId);
  memory.doubtful.delete(event.stepId);
  for (const attempt of memory.attempts.get(`${event.stepId} ${event.direction}`) ?? []) {
    // A person's word outranks an acknowledgement: whatever was done, somebody has undone it since.
    const isOpen = attempt.status === "open" || attempt.status === "unknown";
    if (event.as !== "applied" && event.by !== null) attempt.status = "not_applied";
    else if (isOpen) attempt.status = event.as === "applied" ? "applied" : "not_applied";
  }
  if (event.by === null)
    claim(oracle, event.as === "not_applied", "I3", "the kernel resolves a doubt by itself in favour of the effect");
}

function compensating(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"compensation_started">,
  run: SimulatedRun,
  memory: RunMemory,
): void {
  claim(oracle, memory.touched.length > 0, "I4", "a way back begins and nothing was touched");
  claim(
    oracle,
    event.order.join() === [...memory.touched].reverse().join(),
    "I4",
    `undoes ${event.order.join()} although ${memory.touched.join()} were touched`,
  );
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
    if (!key.endsWith(" do") || stepOf(run.plan, key.slice(0, -3))?.call.access !== "write") continue;
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

function compensated(oracle: Oracle, event: EventOf<"step_compensated">, run: SimulatedRun, memory: RunMemory): void {
  claim(oracle, !memory.undone.includes(event.stepId), "I4", `${event.stepId} is undone twice`);
  memory.undone.push(event.stepId);
  memory.doubtful.delete(event.stepId);
  const step = stepOf(run.plan, event.stepId);
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
  memory.knownLevels.set((step.target ?? "").slice("box/".length), leftLevel(event.left));
}

function ended(
  oracle: Oracle,
  judged: Judged,
  event: EventOf<"run_ended">,
  run: SimulatedRun,
  memory: RunMemory,
): void {
  memory.end = event;
  for (const [lock, holder] of [...oracle.locks]) if (holder === run.runId) oracle.locks.delete(lock);
  const { world } = judged.simulation;
  const isOwn = (box: string): boolean => !world.meddledBoxes.has(box);
  if (event.outcome !== "closed") {
    for (const [key, attempts] of memory.attempts) {
      const step = stepOf(run.plan, key.split(" ")[0] ?? "");
      const hasApplied =
        attempts.some((attempt) => attempt.status === "applied") ||
        memory.settled.has(step?.id ?? "") ||
        memory.undone.includes(step?.id ?? "");
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
  }
  if (event.outcome === "succeeded") {
    const levels = new Map<string, number>();
    for (const stepId of memory.touched)
      levels.set(
        (stepOf(run.plan, stepId)?.target ?? "").slice("box/".length),
        memory.knownLevels.get((stepOf(run.plan, stepId)?.target ?? "").slice("box/".length)) ?? -1,
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
  if (event.outcome === "compensated" && memory.byPerson.size === 0) {
    for (const [box, level] of memory.beforeLevels)
      claim(
        oracle,
        !isOwn(box) || (world.levels.get(box) ?? 0) === level,
        "I4",
        `compensated, and ${box} is at ${world.levels.get(box) ?? 0}`,
      );
    claim(
      oracle,
      memory.undone.length === memory.touched.length && event.wrote.length === 0,
      "I4",
      "compensated, and not every touched step was undone",
    );
  }
}
