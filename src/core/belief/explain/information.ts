import { invariant } from "../../value/invariant.ts";
import type { Decision } from "../policy.ts";
import type { Situation, SituationStep } from "../situation/situation.ts";
import { solveEachResponse, valueOfPerfectInformation } from "../solve/comparison-policies.ts";
import { decideSituation } from "../solve/solve-limited.ts";

/** What looking is worth, in the situation's unit. */
export interface InformationValue {
  /** Knowing the context for certain before answering: no probe, however good, can bring more. */
  readonly perfectInformation: number;
  /** Per step, in declared order. */
  readonly steps: readonly StepInformation[];
}

/** One step's worth. */
export interface StepInformation {
  readonly step: string;
  readonly kind: SituationStep["kind"];
  /** Taken once and then answered at once, against answering now: net of its cost, catastrophes included (Howard 1966). May be negative. */
  readonly alone: number;
  /** What the best plan within the limit would lose if the step did not exist; never negative; `null`: nothing would keep the limit, or it cannot be settled. */
  readonly inPlan: number | null;
}

/**
 * The value of information of every step, by itself and within the plan.
 *
 * The two differ when probes overlap: one that is good alone may add nothing to a plan that already asks another, and one
 * that is useless alone may be worth much after another's answer.
 *
 * Cost: two solves a step, the first of horizon 1.
 */
export function informationValue(situation: Situation, decision: Decision): InformationValue {
  const answerNow = Math.max(...solveEachResponse(situation).map((solution) => solution.value));
  return {
    perfectInformation: valueOfPerfectInformation(situation) - answerNow,
    steps: situation.steps.map((step) => ({
      step: step.id,
      kind: step.kind,
      alone: onceThenAnswer(situation, step) - answerNow,
      inPlan: decision.kind === "decided" ? lossWithout(situation, step, decision.chosen.value) : null,
    })),
  };
}

function onceThenAnswer(situation: Situation, step: SituationStep): number {
  const decided = decideSituation({ ...situation, steps: [step], horizon: 1, limit: 1 }, { firstMove: step.id });
  invariant(decided.ok, "one step is small enough to decide");
  return decided.value.unlimited.value;
}

function lossWithout(situation: Situation, step: SituationStep, value: number): number | null {
  const decided = decideSituation({ ...situation, steps: situation.steps.filter((other) => other.id !== step.id) });
  // One step less may still leave too many plans near the limit to settle exactly.
  if (!decided.ok) return null;
  // A plan without the step is a plan: a loss below zero can only be rounding.
  return decided.value.kind === "decided" ? Math.max(0, value - decided.value.chosen.value) : null;
}
