import { parsePlanGuard } from "../../guard/plan-guard.ts";
import { countedFleets } from "../../plan/branches/counted-fleets.ts";
import { placeThenRuns, type ThenRunPlace, type ThenRunStep } from "../../plan/branches/way-back.ts";
import { isCallStep } from "../../plan/kinds/index.ts";
import { thenRunsOf } from "../../plan/kinds/undo-calls.ts";
import type { ObjectRef, Plan, PlanStep } from "../../plan/plan.ts";
import type { Digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import type { PreparedRun, PreparedStep } from "../words/prepared.ts";
import type { PreparedInvariants, StepInvariants } from "../words/prepared-invariants.ts";
import { type PinnedFacts, pinnedFacts, plannedFacts } from "./planned-facts.ts";
import { endInvariants, noInvariants, prepareInvariants, stepInvariants } from "./prepare-invariants.ts";
import { hasBinding } from "./template.ts";

/** Prepares a checked plan for one run. Cost: O(plan), once. */
export function preparePlan(plan: Plan, planHash: Digest, runId: string): PreparedRun {
  const indexById = new Map(plan.steps.map((step, index) => [step.id, index]));
  const withSuccessors: number[][] = plan.steps.map((_, index) => [index]);
  const isReferenced = referencedSteps(plan);
  const objects = objectsOf(plan);
  const sharedLocks = findSharedLocks(plan);
  const invariants = prepareInvariants(plan);
  const counted = countedFleets(plan.steps);
  const fleetByName = new Map([...counted].map((name, place) => [name, place]));
  const indexByObject = new Map(objects.map((object, index) => [object, index]));
  const thenRuns = placeThenRuns(plan);
  const pinned = pinnedFacts(plan, indexByObject);
  const own = plan.steps.map((step, index) => {
    const after = step.after.map((id) => indexOf(indexById, id));
    for (const before of after) {
      invariant(before < index, "a plan lists its steps in topological order");
      // `before` is an index of this plan.
      (withSuccessors[before] as number[]).push(index);
    }
    return prepareStep({
      step,
      held: heldBy(step, plan, invariants),
      index,
      after,
      withSuccessors: withSuccessors[index] as number[],
      keepsOutput: isReferenced.has(step.id),
      indexByObject,
      sharedLocks,
      fleetByName,
      pinned,
      thenRuns: thenRuns.places.get(index) ?? [],
      thenRun: null,
    });
  });
  const roots = own.filter((step) => step.after.length === 0).map((step) => step.index);
  const hasWrites = own.some((step) => step.isWrite);
  const steps = [...own, ...thenRuns.steps.map((next) => prepareThenRun(next, indexByObject))];
  for (const { step, index } of steps) indexById.set(step.id, index);
  const locks = sortedUnique(steps.flatMap((step) => step.call?.locks ?? []));
  return {
    runId,
    plan,
    planHash,
    steps,
    indexById,
    roots,
    objects,
    goal: parsePlanGuard(plan.goal),
    locks,
    hasWrites,
    thenRuns,
    fleetCount: fleetByName.size,
    invariants,
  };
}

function prepareStep(from: {
  readonly step: PlanStep;
  readonly held: StepInvariants;
  readonly index: number;
  readonly after: readonly number[];
  readonly withSuccessors: readonly number[];
  readonly keepsOutput: boolean;
  readonly indexByObject: ReadonlyMap<string, number>;
  readonly sharedLocks: ReadonlySet<string>;
  readonly fleetByName: ReadonlyMap<string, number>;
  readonly pinned: PinnedFacts;
  readonly thenRuns: readonly ThenRunPlace[];
  readonly thenRun: PreparedStep["thenRun"];
}): PreparedStep {
  const call = isCallStep(from.step) ? from.step : null;
  const isWrite = call !== null && call.call.access === "write";
  const { step, index, after, withSuccessors, keepsOutput, thenRuns, thenRun } = from;
  const pre = parsePlanGuard(call?.pre ?? "");
  invariant(!isWrite || call.post !== null || thenRun !== null, "every write has a post-condition (I20)");
  return {
    ...from.held,
    step,
    index,
    after,
    withSuccessors,
    keepsOutput,
    thenRuns,
    thenRun,
    call,
    isWrite,
    sharesLocks: isWrite && call.locks.some((lock) => from.sharedLocks.has(lock)),
    ...countingOf(from.step, from.fleetByName),
    targetIndex: from.indexByObject.get(call?.target ?? "") ?? -1,
    when: parsePlanGuard(from.step.when),
    pre,
    planned: isWrite && thenRun === null ? plannedFacts(call, pre, from.pinned) : nothingPlanned,
    expect: parsePlanGuard(call?.post?.expect ?? ""),
    readsFirst: isWrite || (call !== null && call.pre !== ""),
    bindsCall: call !== null && hasBinding(call.call.with),
    bindsUndo: call !== null && call.compensation !== null && hasBinding(call.compensation.call.with),
    paceKey:
      call !== null && (call.cooldownMs > 0 || call.rate !== null) ? `${call.action}@${call.target ?? "*"}` : null,
  };
}

/** What a step has to do with the invariants of its plan. */
function heldBy(step: PlanStep, plan: Plan, invariants: PreparedInvariants | null): StepInvariants {
  if (invariants === null) return noInvariants;
  if (step.kind === "end") return endInvariants(invariants, plan, step);
  return isCallStep(step) && step.call.access === "write" ? stepInvariants(invariants, step) : noInvariants;
}

/** Shared by all steps that write nothing. */
const nothingPlanned: PreparedStep["planned"] = [];

/** In which fleet a step's failure counts, and how many failures it lets pass. */
function countingOf(
  step: PlanStep,
  fleetByName: ReadonlyMap<string, number>,
): Pick<PreparedStep, "fleet" | "failures"> {
  const limit = step.kind === "wait" ? step.failures : undefined;
  const wave = isCallStep(step) ? step.wave : undefined;
  return {
    fleet: fleetByName.get(wave?.of ?? "") ?? -1,
    failures: limit === undefined ? null : { fleet: indexOf(fleetByName, limit.of), max: limit.max },
  };
}

function prepareThenRun(
  { step, index, key, behind }: ThenRunStep,
  indexByObject: ReadonlyMap<string, number>,
): PreparedStep {
  return prepareStep({
    step,
    index,
    after: [],
    withSuccessors: [index],
    keepsOutput: false,
    indexByObject,
    sharedLocks: new Set(),
    held: noInvariants,
    fleetByName: new Map(),
    pinned: new Map(),
    thenRuns: [],
    thenRun: { key, behind },
  });
}

/** Locks that more than one write takes. */
function findSharedLocks(plan: Plan): ReadonlySet<string> {
  const taken = new Set<string>();
  const shared = new Set<string>();
  for (const step of plan.steps) {
    if (!isCallStep(step) || step.call.access !== "write") continue;
    for (const lock of new Set(step.locks)) (taken.has(lock) ? shared : taken).add(lock);
  }
  return shared;
}

function objectsOf(plan: Plan): readonly ObjectRef[] {
  const calls = plan.steps.filter(isCallStep);
  const targets = calls.flatMap((step) => [step, ...thenRunsOf(step)].flatMap(({ target }) => target ?? []));
  return sortedUnique([...plan.pins.targets.map((pin) => pin.object), ...targets]);
}

function referencedSteps(plan: Plan): ReadonlySet<string> {
  return new Set(
    plan.steps
      .filter(isCallStep)
      .flatMap((step) =>
        step.args.flatMap((argument) => (argument.value.kind === "output" ? [argument.value.stepId] : [])),
      ),
  );
}

function indexOf(indexById: ReadonlyMap<string, number>, id: string): number {
  const index = indexById.get(id);
  invariant(index !== undefined, "a plan's references name its own steps");
  return index;
}

/** The step at an index. Indexes come from the run itself, so one outside the plan is our bug. */
export function stepAt(prepared: PreparedRun, index: number): PreparedStep {
  const step = prepared.steps[index];
  invariant(step !== undefined, "a step's index lies within its plan");
  return step;
}
