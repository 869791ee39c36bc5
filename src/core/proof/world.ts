import { type Formula, formatPath, type GuardValue } from "../guard/formula.ts";
import { conjunctsIn, factsIn, fails, holds, parsePlanGuard } from "../guard/plan-guard.ts";
import { ancestorBits, hasBit } from "../plan/branches/ancestor-bits.ts";
import { certainBits } from "../plan/branches/certain-steps.ts";
import { countedFleets, fleetOf } from "../plan/branches/counted-fleets.ts";
import { splitObject } from "../plan/compile/ground-guard.ts";
import { isCallStep } from "../plan/kinds/index.ts";
import { notRun, surpriseOutcomes } from "../plan/kinds/outcomes.ts";
import type { FailureLimit, ObjectObservation, Plan, PlanStep } from "../plan/plan.ts";

/** A compiled plan as a foresight sees it: the facts it was pinned with, and what each step makes of them. */
export interface World {
  /** Facts as they were read, by name. One that was not read is missing. */
  readonly facts: ReadonlyMap<string, GuardValue>;
  /** Measured facts: nothing pins them, so each wait and each question may find them changed. */
  readonly measured: ReadonlySet<string>;
  /** In topological order, as in the plan. */
  readonly steps: readonly WorldStep[];
  /** The steps that set a fact, in the order of the plan. */
  readonly writersOf: ReadonlyMap<string, readonly number[]>;
  /** The steps that let time pass or ask a person. */
  readonly pauses: readonly number[];
  /** Whether a step waits for the other, directly or not. */
  isBefore(earlier: number, later: number): boolean;
  /** Whether a step has run for certain once the other is due. */
  isCertain(earlier: number, later: number): boolean;
}

/** One step; `at` is its place in the plan. */
export interface WorldStep {
  readonly at: number;
  readonly id: string;
  readonly kind: PlanStep["kind"];
  readonly after: readonly number[];
  readonly when: Formula | null;
  /** Every outcome it can have when it runs, then `not_run`. */
  readonly outcomes: readonly string[];
  /** Conditions that must hold when it is sent, one for each conjunct. */
  readonly pre: readonly Formula[];
  readonly during: ReadonlyMap<string, GuardValue>;
  readonly effect: ReadonlyMap<string, GuardValue>;
  /** Facts that its post-condition waits for although no effect sets them: afterwards they are not known. */
  readonly blurred: ReadonlySet<string>;
  /** Its post-condition, one for each conjunct. */
  readonly expect: readonly ExpectedConjunct[];
  readonly locks: ReadonlySet<string>;
  readonly canFail: boolean;
  readonly isWrite: boolean;
  /** The fleet in which its failure counts, or `null`. */
  readonly fleet: string | null;
  /** How many failures of a fleet it lets pass; `null` for a step that counts none. */
  readonly failures: FailureLimit | null;
}

/** A conjunct of a post-condition. */
export interface ExpectedConjunct {
  readonly formula: Formula;
  /** Whether the proposal asks for it, and not the action. */
  readonly isAsked: boolean;
}

/** Which conjuncts of a step's post-condition its action declares; `null` where that is not known. */
export type DeclaredPost = (stepId: string) => readonly Formula[] | null;

/**
 * Makes a world of a compiled plan.
 *
 * @param declaredPost - what the actions themselves wait for. Without it every expectation counts as theirs.
 */
export function worldOf(plan: Plan, declaredPost: DeclaredPost = () => null): World {
  const facts = new Map<string, GuardValue>(
    plan.pins.targets.flatMap((target) => target.facts.map(({ name, value }) => [name, value] as const)),
  );
  const indexOf = new Map(plan.steps.map((step, at) => [step.id, at]));
  const fleets = countedFleets(plan.steps);
  const steps = plan.steps.map((step, at) => toWorldStep(step, { at, indexOf, facts, declaredPost, fleets }));
  const writersOf = new Map<string, number[]>();
  for (const step of steps)
    for (const fact of new Set([...step.during.keys(), ...step.effect.keys(), ...step.blurred]))
      writersOf.set(fact, [...(writersOf.get(fact) ?? []), step.at]);
  const ancestors = ancestorBits(plan.steps);
  const certain = certainBits(steps);
  return {
    facts,
    measured: measuredFacts(plan, steps),
    steps,
    writersOf,
    pauses: steps.filter(({ kind }) => kind === "wait" || kind === "approve").map(({ at }) => at),
    isBefore: (earlier, later) => hasBit(ancestors[later], earlier),
    isCertain: (earlier, later) => hasBit(certain[later], earlier),
  };
}

function toWorldStep(
  step: PlanStep,
  from: {
    readonly at: number;
    readonly indexOf: ReadonlyMap<string, number>;
    readonly facts: ReadonlyMap<string, GuardValue>;
    readonly declaredPost: DeclaredPost;
    readonly fleets: ReadonlySet<string>;
  },
): WorldStep {
  const { at, indexOf, facts } = from;
  const base = {
    at,
    id: step.id,
    // An ending with the way back reaches no goal, and leaves nothing as the plan made it.
    kind: step.kind === "end" && step.world === "rollback" ? ("escalate" as const) : step.kind,
    after: step.after.flatMap((id) => indexOf.get(id) ?? []),
    when: parsePlanGuard(step.when),
    outcomes: [...outcomesOf(step), notRun],
    fleet: fleetOf(step, from.fleets),
    // A copy, because a world may be kept longer than the plan it was made of.
    failures: step.kind === "wait" && step.failures !== undefined ? { ...step.failures } : null,
  };
  const none = { pre: [], during: new Map(), effect: new Map(), blurred: new Set<string>(), expect: [] };
  if (!isCallStep(step)) return { ...base, ...none, locks: new Set(), canFail: false, isWrite: false };
  const effect = new Map<string, GuardValue>(step.effect.map(({ fact, value }) => [fact, value]));
  const declared = from.declaredPost(step.id);
  const expect = conjunctsIn(parsePlanGuard(step.post?.expect ?? "")).map((formula) => ({
    formula,
    isAsked: declared !== null && !declared.some((own) => isSameFormula(own, formula)),
  }));
  return {
    ...base,
    pre: conjunctsIn(parsePlanGuard(step.pre)),
    during: new Map<string, GuardValue>(step.during.map(({ fact, value }) => [fact, value])),
    effect,
    blurred: blurredBy(expect, effect, facts),
    expect,
    locks: new Set(step.locks),
    canFail: base.outcomes.includes("failed"),
    isWrite: step.class !== "read",
  };
}

/** Every outcome a step can have when it runs. */
function outcomesOf(step: PlanStep): readonly string[] {
  switch (step.kind) {
    case "act":
      return step.onFailure === "branch" ? ["done", "failed"] : ["done"];
    case "probe":
      return [...step.outcomes.map(({ name }) => name), ...surpriseOutcomes];
    case "wait":
      return ["elapsed"];
    case "approve":
      return ["approved", "rejected", "expired"];
    case "escalate":
    case "end":
      return ["ended"];
  }
}

// An action that waits for more than it says it does, such as a restart until the service is well, changes that too.
function blurredBy(
  expect: readonly ExpectedConjunct[],
  effect: ReadonlyMap<string, GuardValue>,
  facts: ReadonlyMap<string, GuardValue>,
): ReadonlySet<string> {
  const after = (fact: string): GuardValue | undefined => effect.get(fact) ?? facts.get(fact);
  const unmet = expect.filter(({ formula, isAsked }) => !isAsked && !holds(formula, after));
  return new Set(unmet.flatMap(({ formula }) => factsIn(formula)).filter((fact) => !effect.has(fact)));
}

/** Whether a conjunct contradicts what the step itself says that it does. */
export function contradicts(formula: Formula, effect: ReadonlyMap<string, GuardValue>): boolean {
  return fails(formula, (fact) => effect.get(fact));
}

function isSameFormula(left: Formula, right: Formula): boolean {
  return withoutColumns(left) === withoutColumns(right);
}

function withoutColumns(formula: Formula): string {
  return JSON.stringify(formula, (key, value: unknown) => (key === "column" ? undefined : value));
}

/** Facts that neither the fingerprint nor a fence covers, and that no step sets. */
function measuredFacts(plan: Plan, steps: readonly WorldStep[]): ReadonlySet<string> {
  const set = new Set(steps.flatMap(({ during, effect }) => [...during.keys(), ...effect.keys()]));
  const pinned = new Set(plan.observations.flatMap((observation) => pinnedFacts(observation)));
  const read = plan.pins.targets.flatMap(({ facts }) => facts.map(({ name }) => name));
  return new Set(read.filter((name) => !pinned.has(name) && !set.has(name)));
}

function pinnedFacts({ object, facts, fingerprint, fence }: ObjectObservation): readonly string[] {
  const covered = (pointer: string): boolean =>
    fingerprint.some((known) => pointer === known || pointer.startsWith(`${known}/`));
  const [type, id] = splitObject(object);
  return facts
    .filter(({ pointer }) => fence !== null || covered(pointer))
    .map(({ fact }) => formatPath([type, id, fact]));
}
