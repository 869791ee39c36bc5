import type { CallStep, ObjectRef, Plan, PlanStep } from "../../plan/plan.ts";
import type { Digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import { parseRunGuard, type RunGuard } from "./run-guard.ts";
import { hasBinding } from "./template.ts";

/** A plan made ready to run: names turned into indexes, guards parsed, successors listed. A pure function of the plan. */
export interface PreparedRun {
  readonly runId: string;
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly steps: readonly PreparedStep[];
  readonly indexById: ReadonlyMap<string, number>;
  /** Steps that wait for nobody. */
  readonly roots: readonly number[];
  readonly goal: RunGuard;
  /** Every pinned and every written object, sorted: what a run keeps a baseline of. */
  readonly objects: readonly ObjectRef[];
  /** Every lock of every step, sorted, once each. */
  readonly locks: readonly string[];
  readonly hasWrites: boolean;
}

/** One step of a prepared plan. */
export interface PreparedStep {
  readonly index: number;
  readonly step: PlanStep;
  /** The step as a call, or `null` where it is none. */
  readonly call: CallStep | null;
  readonly isWrite: boolean;
  /** Where the step's target stands among the run's `objects`; -1 without one. */
  readonly targetIndex: number;
  /** The step itself, then those that wait for it, ascending: what changes when it is over. */
  readonly withSuccessors: readonly number[];
  readonly when: RunGuard;
  readonly after: readonly number[];
  readonly pre: RunGuard;
  readonly expect: RunGuard;
  /** Whether another write of the plan takes one of its locks: only then two of them can meet. */
  readonly sharesLocks: boolean;
  /** Whether the world is read before the intent: before every write, and before a read that has a precondition. */
  readonly readsFirst: boolean;
  /** Whether a later argument takes a value from this step's output. */
  readonly keepsOutput: boolean;
  /** Whether the call's template has values that are bound at run time; one without is sent as it stands. */
  readonly bindsCall: boolean;
  readonly bindsUndo: boolean;
  /** Name under which the site remembers intents for cooldown and rate, or `null`. */
  readonly paceKey: string | null;
}

/** Prepares a checked plan for one run. Cost: O(plan), once. */
export function preparePlan(plan: Plan, planHash: Digest, runId: string): PreparedRun {
  const indexById = new Map(plan.steps.map((step, index) => [step.id, index]));
  const withSuccessors: number[][] = plan.steps.map((_, index) => [index]);
  const isReferenced = referencedSteps(plan);
  const objects = objectsOf(plan);
  const sharedLocks = findSharedLocks(plan);
  const indexByObject = new Map(objects.map((object, index) => [object, index]));
  const steps = plan.steps.map((step, index) => {
    const after = step.after.map((id) => indexOf(indexById, id));
    for (const before of after) {
      invariant(before < index, "a plan lists its steps in topological order");
      // `before` is an index of this plan.
      (withSuccessors[before] as number[]).push(index);
    }
    return prepareStep({
      step,
      index,
      after,
      withSuccessors: withSuccessors[index] as number[],
      keepsOutput: isReferenced.has(step.id),
      indexByObject,
      sharedLocks,
    });
  });
  const locks = [...new Set(steps.flatMap((step) => step.call?.locks ?? []))].sort();
  const roots = steps.filter((step) => step.after.length === 0).map((step) => step.index);
  return {
    runId,
    plan,
    planHash,
    steps,
    indexById,
    roots,
    objects,
    goal: parseRunGuard(plan.goal),
    locks,
    hasWrites: steps.some((step) => step.isWrite),
  };
}

function prepareStep(from: {
  readonly step: PlanStep;
  readonly index: number;
  readonly after: readonly number[];
  readonly withSuccessors: readonly number[];
  readonly keepsOutput: boolean;
  readonly indexByObject: ReadonlyMap<string, number>;
  readonly sharedLocks: ReadonlySet<string>;
}): PreparedStep {
  const call = from.step.kind === "act" || from.step.kind === "probe" ? from.step : null;
  const isWrite = call !== null && call.call.access === "write";
  invariant(!isWrite || call.post !== null, "every write has a post-condition (I20)");
  const { step, index, after, withSuccessors, keepsOutput } = from;
  return {
    step,
    index,
    after,
    withSuccessors,
    keepsOutput,
    call,
    isWrite,
    sharesLocks: isWrite && call.locks.some((lock) => from.sharedLocks.has(lock)),
    targetIndex: from.indexByObject.get(call?.target ?? "") ?? -1,
    when: parseRunGuard(from.step.when),
    pre: parseRunGuard(call?.pre ?? ""),
    expect: parseRunGuard(call?.post?.expect ?? ""),
    readsFirst: isWrite || (call !== null && call.pre !== ""),
    bindsCall: call !== null && hasBinding(call.call.with),
    bindsUndo: call !== null && call.compensation !== null && hasBinding(call.compensation.call.with),
    paceKey:
      call !== null && (call.cooldownMs > 0 || call.rate !== null) ? `${call.action}@${call.target ?? "*"}` : null,
  };
}

/** Locks that more than one write takes. */
function findSharedLocks(plan: Plan): ReadonlySet<string> {
  const taken = new Set<string>();
  const shared = new Set<string>();
  for (const step of plan.steps) {
    if ((step.kind !== "act" && step.kind !== "probe") || step.call.access !== "write") continue;
    for (const lock of new Set(step.locks)) (taken.has(lock) ? shared : taken).add(lock);
  }
  return shared;
}

function objectsOf(plan: Plan): readonly ObjectRef[] {
  const targets = plan.steps.flatMap((step) =>
    (step.kind === "act" || step.kind === "probe") && step.target !== null ? [step.target] : [],
  );
  return [...new Set([...plan.pins.targets.map((pin) => pin.object), ...targets])].sort();
}

function referencedSteps(plan: Plan): ReadonlySet<string> {
  const calls = plan.steps.filter((step): step is CallStep => step.kind === "act" || step.kind === "probe");
  return new Set(
    calls.flatMap((step) =>
      step.args.flatMap((argument) => (argument.value.kind === "output" ? [argument.value.stepId] : [])),
    ),
  );
}

function indexOf(indexById: ReadonlyMap<string, number>, id: string): number {
  const index = indexById.get(id);
  invariant(index !== undefined, "a plan's references name its own steps");
  return index;
}

/** The step of an index that the run itself produced. */
export function stepAt(prepared: PreparedRun, index: number): PreparedStep {
  const step = prepared.steps[index];
  invariant(step !== undefined, "a step's index lies within its plan");
  return step;
}
