import { invariant } from "../../value/invariant.ts";
import type { Decision } from "../policy.ts";
import type { Situation, SituationStep } from "../situation/situation.ts";
import { solveEachResponse, valueOfPerfectInformation, withoutNeeds } from "../solve/comparison-policies.ts";
import { lookThrough, type Outlook } from "../solve/outlook.ts";
import { decideSituation, limitLeft, withoutLimits } from "../solve/solve-limited.ts";
import { keepsLimit } from "../tolerance.ts";

/** What looking is worth, in the unit of the situation. */
export interface InformationValue {
  /** What it would be worth to know the context for certain before responding. No probe can bring more. */
  readonly perfectInformation: number;
  /** One entry for each step, in declared order. */
  readonly steps: readonly StepInformation[];
}

/** What one step is worth. */
export interface StepInformation {
  readonly step: string;
  readonly kind: "probe" | "wait" | "try";
  /**
   * What it gains to take the step once and then respond, compared with responding now (Howard 1966). Can be negative.
   */
  readonly alone: number;
  /**
   * What the best policy within the limit would lose if the step did not exist; never negative. `null` when no policy
   * keeps the limit without it, or the best one cannot be found. (`interlock.decision/1` calls the policy a plan here.)
   */
  readonly inPlan: number | null;
}

/**
 * The value of information of every step, alone and within the policy.
 *
 * The two differ when probes overlap. A probe that is good alone may add nothing to a policy that already asks another
 * one. A probe that is useless alone may be worth much after another answer.
 *
 * Cost: two solves for each step, the first with a horizon of 1.
 */
export function informationValue(
  situation: Situation,
  decision: Decision,
  outlook: Outlook = lookThrough(situation),
): InformationValue {
  const answerNow = Math.max(...solveEachResponse(withoutNeeds(situation)).map((solution) => solution.value));
  return {
    perfectInformation: valueOfPerfectInformation(situation) - answerNow,
    steps: situation.steps.map((step) => ({
      step: step.id,
      kind: step.kind,
      alone: onceThenAnswer(situation, step) - answerNow,
      inPlan: decision.kind === "decided" ? lossWithout(outlook, step, decision.chosen.value) : null,
    })),
  };
}

function onceThenAnswer(situation: Situation, step: SituationStep): number {
  const decided = decideSituation(
    // What the step needs would be done by then.
    { ...withoutLimits(situation), steps: [{ ...step, needs: [] }], horizon: 1 },
    { firstMove: step.id },
  );
  invariant(decided.ok, "one step is small enough to decide");
  return decided.value.unlimited.value;
}

function lossWithout(outlook: Outlook, step: SituationStep, value: number): number | null {
  const { situation } = outlook;
  if (!outlook.isWhole) return null;
  const swept = outlook.withoutStep(step.id).best;
  if (swept !== null && keepsLimit({ risk: swept.risk, limit: limitLeft(situation) }))
    return Math.max(0, value - swept.value);
  const decided = decideSituation({ ...situation, steps: situation.steps.filter((other) => other.id !== step.id) });
  // Even without the step there may be too many policies near the limit to find the best one.
  if (!decided.ok || decided.value.kind !== "decided" || decided.value.bound !== null) return null;
  // A policy that does without the step exists in both cases, so a loss below zero can only be rounding.
  return Math.max(0, value - decided.value.chosen.value);
}
