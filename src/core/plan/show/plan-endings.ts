import { conjunctsOf } from "../../guard/conjuncts.ts";
import { type ExitCode, exitCodes } from "../../value/exit-codes.ts";
import { isCallStep } from "../kinds/index.ts";
import type { CallStep, Plan, PlanStep } from "../plan.ts";

/** A way in which a run of the plan can end. */
export interface PlanEnding {
  /** What leads there, in our own words. */
  readonly cause: string;
  /** The steps that can lead there; empty where it is no single step's doing. */
  readonly stepIds: readonly string[];
  /** The condition over outcomes under which the plan goes there, if it is a step of the plan; else `""`. */
  readonly when: string;
  /** A reason that the plan gives, which may be the proposer's words; `null` where there is none. */
  readonly reason: string | null;
  /** What happens then. */
  readonly follows: string;
  /** How the world stands. */
  readonly world: string;
  /** The exit code, or several where it depends on whether anything was written. */
  readonly exitCodes: readonly ExitCode[];
}

/**
 * Every way in which a run of this plan can end, the good one first: a pure function of the plan. What no plan can say,
 * such as a machine that goes down, is not an ending: the run goes on where it stood.
 */
export function endingsOf(plan: Plan): readonly PlanEnding[] {
  const calls = plan.steps.filter(isCallStep);
  const writes = calls.filter((step) => step.class !== "read");
  return [
    ...plan.steps.flatMap((step) => (step.kind === "end" && step.world === undefined ? [reached(plan, step)] : [])),
    ...toleratedFailures(plan, writes),
    ...(plan.goal === "" ? [] : [goalMissed(writes)]),
    ...plan.steps.flatMap((step) => (step.kind === "escalate" ? [escalated(step, writes)] : [])),
    ...plan.steps.flatMap((step) =>
      step.kind === "end" && step.world === "rollback" ? [turnedBack(step, writes)] : [],
    ),
    ...failures(calls, writes),
    ...(writes.length === 0 ? [] : [inDoubt(writes)]),
    ...(writes.length === 0 ? [] : invariantBroken(plan)),
    stopped(writes),
    notStarted(plan),
  ];
}

const untouchedOr = (code: ExitCode, writes: readonly CallStep[]): readonly ExitCode[] =>
  writes.length === 0 ? [14] : [code, 14];

const stands = "what was written stays written, and is listed";

function reached(plan: Plan, { id, when }: PlanStep): PlanEnding {
  return {
    cause: "every step on the way is done and verified",
    stepIds: [id],
    when,
    reason: null,
    follows: plan.goal === "" ? "nothing more is read: the plan has no goal" : "the goal is read back, and holds",
    world: plan.goal === "" ? "each post-condition held" : exitCodes[0].world,
    exitCodes: [0],
  };
}

function toleratedFailures(plan: Plan, writes: readonly CallStep[]): readonly PlanEnding[] {
  const tolerated = writes.filter((step) => step.onFailure === "branch");
  if (tolerated.length === 0) return [];
  const goal = plan.goal === "" ? "" : ", and the goal is read back and holds";
  return [
    {
      cause: "a write fails whose failure the plan takes into account",
      stepIds: tolerated.map(({ id }) => id),
      when: "",
      reason: null,
      follows: `the plan goes on as its conditions say${goal}`,
      world: "done but for what failed, which is listed",
      exitCodes: untouchedOr(25, writes),
    },
  ];
}

function goalMissed(writes: readonly CallStep[]): PlanEnding {
  return {
    cause: "every step is done, and the goal does not hold when it is read back",
    stepIds: [],
    when: "",
    reason: null,
    follows: "nothing is undone, and a person looks at it",
    world: stands,
    exitCodes: untouchedOr(23, writes),
  };
}

function escalated(step: Extract<PlanStep, { readonly kind: "escalate" }>, writes: readonly CallStep[]): PlanEnding {
  return {
    cause: "the plan hands over to a person",
    stepIds: [step.id],
    when: step.when,
    reason: step.reason,
    follows: "nothing is undone, and a person looks at it",
    world: stands,
    exitCodes: untouchedOr(23, writes),
  };
}

/** An ending at which the plan itself asks for the way back. */
function turnedBack({ id, when }: PlanStep, writes: readonly CallStep[]): PlanEnding {
  const lasting = writes.filter((step) => step.compensation === null);
  return {
    cause: "the plan ends with the way back",
    stepIds: [id],
    when,
    reason: null,
    follows: `no further step begins, and what was written is undone${orderOf(writes)}`,
    world: restored(lasting),
    exitCodes: untouchedOr(20, writes),
  };
}

function restored(lasting: readonly CallStep[]): string {
  const asBefore = "as before, read back";
  return lasting.length === 0 ? asBefore : `${asBefore}, if nothing was written that has no way back`;
}

function orderOf(writes: readonly CallStep[]): string {
  const isPlain = writes.every((step) => step.compensation?.thenRun === undefined);
  return isPlain ? ", newest first" : ", in the order of the way back";
}

function failures(calls: readonly CallStep[], writes: readonly CallStep[]): readonly PlanEnding[] {
  // A probe that fails answers `no_answer`, which is an outcome of the plan.
  const ending = calls.filter((step) => step.kind === "act" && step.onFailure !== "branch");
  const undoing = ending.filter((step) => step.onFailure === "rollback");
  const handing = ending.filter((step) => step.onFailure !== "rollback");
  const lasting = writes.filter((step) => step.compensation === null);
  return [
    ...(undoing.length === 0 ? [] : [rolledBack(undoing, writes, lasting)]),
    ...(undoing.length === 0 || writes.length === 0 ? [] : [stuck(lasting)]),
    ...(handing.length === 0 ? [] : [handedOver(handing, writes)]),
  ];
}

function rolledBack(steps: readonly CallStep[], writes: readonly CallStep[], lasting: readonly CallStep[]): PlanEnding {
  return {
    cause: "a step fails, or may no longer begin, and its plan is to roll back",
    stepIds: steps.map(({ id }) => id),
    when: "",
    reason: null,
    follows: `no further step begins, and what was written is undone${orderOf(writes)}`,
    world: restored(lasting),
    exitCodes: untouchedOr(20, writes),
  };
}

function stuck(lasting: readonly CallStep[]): PlanEnding {
  const cause = "undoing fails, or somebody changed the target since";
  return {
    cause: lasting.length === 0 ? cause : `${cause}, or it comes to a write that has no way back`,
    stepIds: lasting.map(({ id }) => id),
    when: "",
    reason: null,
    follows: "the way back stops there, the locks stay, and a person owns the run",
    world: exitCodes[21].world,
    exitCodes: [21],
  };
}

function handedOver(steps: readonly CallStep[], writes: readonly CallStep[]): PlanEnding {
  return {
    cause: "a step fails, or may no longer begin, and its plan is to stop",
    stepIds: steps.map(({ id }) => id),
    when: "",
    reason: null,
    follows: "no further step begins, nothing is undone, and a person looks at it",
    world: stands,
    exitCodes: untouchedOr(23, writes),
  };
}

function inDoubt(writes: readonly CallStep[]): PlanEnding {
  return {
    cause: "neither the reply nor a reading says whether a write happened",
    stepIds: writes.map(({ id }) => id),
    when: "",
    reason: null,
    follows: "no further write leaves, and a person settles it",
    world: exitCodes[22].world,
    exitCodes: [22],
  };
}

/** Nothing judges an invariant that is larger than a guard may be, which an older plan may have. */
function invariantBroken(plan: Plan): readonly PlanEnding[] {
  if (!plan.invariants.some((invariant) => conjunctsOf(invariant).length > 0)) return [];
  return [
    {
      cause: "a reading shows an invariant broken, and no later one shows that it holds again",
      stepIds: [],
      when: "",
      reason: null,
      follows: "no further write leaves, and what is undone depends on the step at which it was seen",
      world: "the invariant does not hold, and what stays written is listed",
      exitCodes: [27, 14],
    },
  ];
}

function stopped(writes: readonly CallStep[]): PlanEnding {
  return {
    cause: "somebody stops the run",
    stepIds: [],
    when: "",
    reason: null,
    follows: "no further step begins, and nothing is undone unless it is asked for",
    world: stands,
    exitCodes: writes.length === 0 ? [14] : [24, 14],
  };
}

function notStarted(plan: Plan): PlanEnding {
  const hasWrites = plan.steps.some((step) => isCallStep(step) && step.class !== "read");
  return {
    cause: "a target changed since it was planned, a lock is held, or the approval does not count",
    stepIds: [],
    when: "",
    reason: null,
    follows: "the run does not start",
    world: exitCodes[12].world,
    exitCodes: hasWrites ? [12, 13, 11] : [12, 13],
  };
}
