import { describeConjunct, judgeConjunct } from "../../guard/conjuncts.ts";
import type { Lookup } from "../../guard/evaluate-guard.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Assignment, Fact } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { stepAt } from "../ready/prepare.ts";
import { partsReading } from "../ready/prepare-invariants.ts";
import type { RunEvent } from "../words/event.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { InvariantPart } from "../words/prepared-invariants.ts";
import type { HeldState, RunState } from "../words/state.ts";
import { isEffort } from "../words/step.ts";
import { type Draft, emit } from "./draft.ts";

/*
 * The invariants of the domain, while a plan runs (I26). They are judged by the last reading of each fact. What another
 * step has in the air is unknown until it was read back, and what is unknown breaks nothing. A condition that was false
 * when the plan was made counts from the first reading on in which it holds: once true, never false again. No invariant
 * blocks the way back (I24): what breaks there is recorded.
 */

type Place = Extract<RunEvent, { readonly kind: "invariant_broken" }>["at"];

/** Whether the plan puts something back that an earlier run did: then no invariant stops it, as on every way back. */
function isWayBack(run: RunState): boolean {
  return run.prepared.plan.proposer.kind === "recovery" || run.phase.kind === "compensating";
}

/**
 * Records what a reading shows of the invariants: what has broken, and what holds again.
 *
 * @returns what stops the run, or `null`
 *
 * Cost: the conditions that read a fact of these objects.
 */
export function noteReading(
  draft: Draft,
  prepared: PreparedStep,
  { at, objects }: { readonly at: Place; readonly objects: readonly ObservedObject[] },
): Problem | null {
  const { held } = draft.run;
  if (held === null) return null;
  const lookup = lookupWith(draft.run, held, { own: prepared.index, objects });
  const { runId } = draft.run.prepared;
  const stepId = prepared.step.id;
  let stops: Problem | null = null;
  for (const part of partsToJudge(draft.run, held, objects)) {
    const judgement = judgeConjunct(part, lookup);
    if (judgement === "unknown") continue;
    const { name, index } = part;
    const isExcused = vectorAt(held.excused, index);
    const isKnown = held.broken.some((known) => known.part === index);
    const facts = valuesOf(part, lookup);
    if (judgement === "holds") {
      if (isExcused || isKnown) emit(draft, { kind: "invariant_restored", runId, stepId, name, part: index, facts });
      continue;
    }
    const isBack = isWayBack(draft.run);
    if (isExcused || isKnown || (isBack && part.wasBroken)) continue;
    emit(draft, { kind: "invariant_broken", runId, stepId, name, part: index, at: isBack ? "way_back" : at, facts });
    if (!isBack) stops ??= brokenProblem(part, lookup, { at, stepId });
  }
  return stops;
}

/** Records which conditions hold when the run starts that were false when its plan was made. */
export function noteStart(draft: Draft): void {
  const { held } = draft.run;
  if (held === null) return;
  const lookup = lookupWith(draft.run, held, { own: -1, objects: [] });
  const { runId } = draft.run.prepared;
  for (const part of held.rules.parts) {
    if (!part.wasBroken || judgeConjunct(part, lookup) !== "holds") continue;
    const { name, index } = part;
    emit(draft, { kind: "invariant_restored", runId, stepId: null, name, part: index, facts: valuesOf(part, lookup) });
  }
}

/** Why a write is not sent: what it declares to change would break an invariant that is not broken now. */
export function foresee(draft: Draft, prepared: PreparedStep, objects: readonly ObservedObject[]): Problem | null {
  const { held } = draft.run;
  if (held === null || isWayBack(draft.run)) return null;
  for (const changes of prepared.changes) {
    const lookup = lookupWith(draft.run, held, { own: prepared.index, objects, changes });
    const changed = changes.map(({ fact }) => fact);
    for (const part of partsReading(held.rules, changed)) {
      if (vectorAt(held.excused, part.index) || judgeConjunct(part, lookup) !== "broken") continue;
      const unsent = `${quote(prepared.step.id)} was not sent`;
      const message = `${unsent}: with it the invariant ${quote(part.name)} would not hold`;
      return problem("E_INVARIANT_AHEAD", `/steps/${prepared.index}`, `${message}: ${describeConjunct(part, lookup)}`);
    }
  }
  return null;
}

function brokenProblem(
  part: InvariantPart,
  lookup: Lookup,
  { at, stepId }: { readonly at: Place; readonly stepId: string },
): Problem {
  const where = `${at === "goal" ? "at" : at} ${quote(stepId)}`;
  const message = `the invariant ${quote(part.name)} is broken by the reading ${where}`;
  return problem("E_INVARIANT_BROKEN", "/invariants", `${message}: ${describeConjunct(part, lookup)}`);
}

/**
 * The conditions to judge by a reading. Before the first write it is all of them: something may have changed between
 * the plan and the start of its run.
 */
function partsToJudge(
  run: RunState,
  { rules }: HeldState,
  objects: readonly ObservedObject[],
): readonly InvariantPart[] {
  if (run.spent.writeCount === 0) return rules.parts;
  return partsReading(
    rules,
    objects.flatMap(({ facts }) => facts.map(({ name }) => name)),
  );
}

function lookupWith(
  run: RunState,
  { rules, known }: HeldState,
  from: {
    /** The step that the reading belongs to, by its index. What it changes itself is as it was read. */
    readonly own: number;
    readonly objects: readonly ObservedObject[];
    readonly changes?: readonly Assignment[];
  },
): Lookup {
  const predicted = new Map(from.changes?.map(({ fact, value }) => [fact, value]));
  const read = new Map(from.objects.flatMap(({ facts }) => facts.map(({ name, value }) => [name, value] as const)));
  const flying = factsInTheAir(run, from.own);
  return (name) => {
    const expected = predicted.get(name);
    if (expected !== undefined) return expected;
    if (flying.has(name)) return undefined;
    const now = read.get(name);
    if (now !== undefined) return now ?? undefined;
    const fact = rules.facts.get(name);
    invariant(fact !== undefined, "a condition reads the facts that the run remembers");
    return vectorAt(known, fact.index) ?? undefined;
  };
}

/** The facts that other steps are changing now. */
function factsInTheAir(run: RunState, own: number): ReadonlySet<string> {
  const facts = new Set<string>();
  for (const index of run.calls) {
    if (index === own || !isEffort(vectorAt(run.steps, index))) continue;
    for (const changes of stepAt(run.prepared, index).changes) for (const { fact } of changes) facts.add(fact);
  }
  return facts;
}

function valuesOf({ facts }: InvariantPart, lookup: Lookup): readonly Fact[] {
  return facts.flatMap((name) => {
    const value = lookup(name);
    return value === undefined ? [] : [{ name, value }];
  });
}
