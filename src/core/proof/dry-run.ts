import type { FactValue } from "../domain/domain.ts";
import { evaluateGuardPartial, type Lookup } from "../guard/evaluate-guard.ts";
import type { Formula, GuardValue } from "../guard/formula.ts";
import { describeUnmet, parsePlanGuard, readBy } from "../guard/plan-guard.ts";
import type { ObservedObject } from "../plan/compile/read-object.ts";
import { isCallStep, titleOf } from "../plan/kinds/index.ts";
import { notRun } from "../plan/kinds/outcomes.ts";
import type { ObjectRef, Plan } from "../plan/plan.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import { type World, type WorldStep, worldOf } from "./world.ts";

/** What is known of a condition before anything is done. `none`: there is no condition. */
export type DryVerdict = "holds" | "does_not_hold" | "unknown" | "none";

/** A fact as a step would find it. */
export interface DryFact {
  readonly name: string;
  /** `null` if it is not known. */
  readonly value: FactValue | null;
  /** The step whose declared effect makes it so, or makes it uncertain; `null` for a value that was just read. */
  readonly by: string | null;
}

/** A condition with the facts that it reads. */
export interface DryCondition {
  /** As the plan has it; `""` for none. */
  readonly guard: string;
  readonly verdict: DryVerdict;
  readonly facts: readonly DryFact[];
  /** What keeps it from holding, with the values found; empty if it holds. */
  readonly why: string;
}

/** A step of a plan as it would come up. */
export interface DryStep {
  readonly id: string;
  /** What it does, in one line. */
  readonly title: string;
  /** Whether it would run: `unknown` where that hangs on an answer that nobody has yet. */
  readonly runs: "yes" | "no" | "unknown";
  readonly pre: DryCondition;
}

/** A plan walked along its predicted path, from the world as it was just read. */
export interface DryWalk {
  /** In the order of the plan. */
  readonly steps: readonly DryStep[];
  readonly goal: DryCondition;
  /** Objects that are not as the plan was made for: a run would not start. */
  readonly changed: readonly ObjectRef[];
  /**
   * Facts that a write would change, or that its precondition reads, and that are not as the plan was made on them. A
   * run would start, and go over them.
   */
  readonly moved: readonly DryChange[];
}

/** A fact that is not as the plan was made on it. */
export interface DryChange {
  readonly object: ObjectRef;
  readonly name: string;
  readonly was: FactValue;
  readonly found: FactValue;
  /** The first step that would change it, or else whose precondition reads it. */
  readonly stepId: string;
  readonly isOverwritten: boolean;
}

/**
 * Walks a plan along the path that it predicts, without doing anything. Each write is taken to succeed with its
 * declared effect, each question to be answered yes, and of a probe no answer is assumed. A precondition is judged by
 * what was read, with what earlier steps make of it.
 *
 * @param seen - the objects of `plan.observations` as they are now; one that could not be read is left out
 */
export function walkDry(plan: Plan, seen: readonly ObservedObject[]): DryWalk {
  const world = worldOf(plan);
  const walk: Walk = { world, facts: factsOf(seen), madeBy: new Map(), runs: [] };
  const steps = plan.steps.map((step, at): DryStep => {
    const own = world.steps[at];
    const runs = own === undefined ? "unknown" : runsNow(walk, own);
    walk.runs.push(runs);
    const pre = conditionOf(walk, isCallStep(step) && runs !== "no" ? step.pre : "");
    if (own !== undefined && runs !== "no") move(walk, own, runs);
    return { id: step.id, title: titleOf(step), runs, pre };
  });
  const pins = new Map(plan.pins.targets.map(({ object, fingerprint }) => [object, fingerprint]));
  const changed = seen.flatMap(({ object, fingerprint }) => (pins.get(object) === fingerprint ? [] : [object]));
  return { steps, goal: conditionOf(walk, plan.goal), changed, moved: movedFacts(plan, { seen, steps }) };
}

/** Facts of the writes that would run, or may, and that were read otherwise than the plan has them. */
function movedFacts(
  plan: Plan,
  { seen, steps }: { readonly seen: readonly ObservedObject[]; readonly steps: readonly DryStep[] },
): readonly DryChange[] {
  const now = factsOf(seen);
  const pinned = new Map(
    plan.pins.targets.flatMap(({ object, facts }) => facts.map(({ name, value }) => [name, { object, was: value }])),
  );
  const moved = new Map<string, DryChange>();
  for (const [at, step] of plan.steps.entries()) {
    if (!isCallStep(step) || step.call.access !== "write" || steps[at]?.runs === "no") continue;
    const becomes = new Map<string, FactValue>(step.effect.map(({ fact, value }) => [fact, value]));
    for (const name of new Set([...becomes.keys(), ...readBy(parsePlanGuard(step.pre))])) {
      const [pin, found] = [pinned.get(name), now.get(name)];
      if (pin === undefined || found === undefined || pin.was === found) continue;
      const isOverwritten = becomes.has(name) && becomes.get(name) !== found;
      if (moved.get(name)?.isOverwritten === true || (moved.has(name) && !isOverwritten)) continue;
      moved.set(name, { ...pin, name, found, stepId: step.id, isOverwritten });
    }
  }
  return [...moved.values()];
}

interface Walk {
  readonly world: World;
  readonly facts: Map<string, GuardValue | undefined>;
  readonly madeBy: Map<string, string>;
  readonly runs: DryStep["runs"][];
}

function factsOf(seen: readonly ObservedObject[]): Walk["facts"] {
  return new Map(seen.flatMap(({ facts }) => facts.map(({ name, value }) => [name, value ?? undefined] as const)));
}

function runsNow({ world, runs }: Walk, step: WorldStep): DryStep["runs"] {
  const before = step.after.map((at) => runs[at] ?? "unknown");
  if (step.when === null)
    return before.includes("no") ? "no" : before.every((known) => known === "yes") ? "yes" : "unknown";
  const placeOf = new Map(step.after.map((at) => [world.steps[at]?.id ?? "", at]));
  const value = evaluate(step.when, (id) => {
    const at = placeOf.get(id) ?? -1;
    if (runs[at] === "no") return notRun;
    return runs[at] === "yes" ? predictedOutcome(world.steps[at]) : undefined;
  });
  return value === undefined ? "unknown" : value ? "yes" : "no";
}

/** The outcome that a step is predicted to have; `undefined` for a probe, whose answer nobody has yet. */
function predictedOutcome(step: WorldStep | undefined): string | undefined {
  return step === undefined || step.kind === "probe" ? undefined : step.outcomes[0];
}

function conditionOf({ facts, madeBy }: Walk, guard: string): DryCondition {
  const formula = parsePlanGuard(guard);
  if (formula === null) return { guard, verdict: "none", facts: [], why: "" };
  const lookup: Lookup = (fact) => facts.get(fact);
  const value = evaluate(formula, lookup);
  return {
    guard,
    verdict: value === undefined ? "unknown" : value ? "holds" : "does_not_hold",
    facts: sortedUnique(readBy(formula)).map((name) => ({
      name,
      value: facts.get(name) ?? null,
      by: madeBy.get(name) ?? null,
    })),
    why: value === true ? "" : describeUnmet(formula, lookup),
  };
}

function evaluate(formula: Formula, lookup: Lookup): boolean | undefined {
  // The compiler typed this formula before it printed it, and evaluating does not use the read set.
  return evaluateGuardPartial({ formula, reads: [] }, lookup);
}

/** Gives the facts the values that a step declares. Of one that may not run they are open where they would change. */
function move({ facts, madeBy }: Walk, step: WorldStep, runs: "yes" | "unknown"): void {
  const set = (fact: string, value: GuardValue | undefined): void => {
    facts.set(fact, value);
    madeBy.set(fact, step.id);
  };
  for (const [fact, value] of step.effect) {
    if (runs === "yes") set(fact, value);
    else if (facts.get(fact) !== value) set(fact, undefined);
  }
  for (const fact of step.blurred) set(fact, undefined);
}
