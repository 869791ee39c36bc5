import type { Parser } from "../../value/shape.ts";
import { taggedBy } from "../../value/shape-object.ts";
import type { Bounds, CallStep, ObjectRef, PlanStep, StepKind } from "../plan.ts";
import { act } from "./act.ts";
import { approve } from "./approve.ts";
import { end } from "./end.ts";
import { escalate } from "./escalate.ts";
import { probe } from "./probe.ts";
import type { CallRules, KindRules, ProposedKind, ReviewLine, StepParts, StepShape } from "./step-kind.ts";
import { wait } from "./wait.ts";

/*
 * The table of step kinds. This room imports nothing of core/plan but the types in plan.ts; the rooms stand in the
 * order kinds, wire, branches, compile, show, policy, and each imports only from those before it.
 */

/** The step of a plan that has this kind. */
export type StepOfKind<Kind extends StepKind> = Kind extends CallStep["kind"]
  ? CallStep
  : Extract<PlanStep, { readonly kind: Kind }>;

type KindTable = { readonly [Kind in StepKind]: KindRules<StepOfKind<Kind>> };

const table: KindTable = { act, probe, wait, approve, escalate, end };

/** The kinds of step there are, as a proposal writes them. */
// The table has exactly these keys, by its type.
export const stepKinds = Object.keys(table) as readonly StepKind[];

/** What a kind means in a proposal. */
export function proposedKind(kind: StepKind): ProposedKind {
  return table[kind];
}

/** What a kind that calls a connector adds; `null` for the others. */
export function callRulesOf(kind: StepKind): CallRules | null {
  return table[kind].call;
}

/** Whether a step of a plan calls a connector. */
export function isCallStep(step: PlanStep): step is CallStep {
  return table[step.kind].call !== null;
}

/** Builds a step of a plan; `undefined` where its action was refused and that has been said. */
export function buildStep(kind: StepKind, parts: StepParts): PlanStep | undefined {
  return table[kind].build(parts);
}

/** What a step costs at worst on the way forward. */
export function costOf(step: PlanStep): Bounds {
  return rulesOf(step).cost(step);
}

/** Objects that a step reads or changes, in no order. */
export function readsOf(step: PlanStep): readonly ObjectRef[] {
  return rulesOf(step).reads(step);
}

/** Every guard of a step, `when` first. */
export function guardsOf(step: PlanStep): readonly string[] {
  return [step.when, ...rulesOf(step).guards(step)];
}

/** Reads a step of a stored plan. */
export const planStep: Parser<PlanStep> = taggedBy(
  "kind",
  Object.fromEntries(stepKinds.map((kind) => [kind, table[kind].read])),
);

/** A step in one line: its action and target, or what it waits for. */
export function titleOf(step: PlanStep): string {
  return rulesOf(step).title(step);
}

/** Lines of a step's review that only its kind has. */
export function detailsOfKind(step: PlanStep): readonly ReviewLine[] {
  return rulesOf(step).details(step);
}

/** How a drawing shows a step. */
export function shapeOf(step: PlanStep): StepShape {
  return rulesOf(step).shape(step);
}

function rulesOf(step: PlanStep): KindRules<PlanStep> {
  // The table gives each kind the rules of its own step. The compiler cannot follow a value and its key through a
  // table.
  return table[step.kind] as KindRules<PlanStep>;
}
