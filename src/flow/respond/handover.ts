import type { DecisionAfter } from "../../core/belief/explain/after.ts";
import { listAlternatives } from "../../core/belief/explain/alternatives.ts";
import { numberText, percentText } from "../../core/belief/figures.ts";
import type { SituationResponse } from "../../core/belief/situation/situation.ts";
import { evaluatePolicy } from "../../core/belief/solve/evaluate-policy.ts";
import { limitLeft } from "../../core/belief/solve/solve-limited.ts";
import { keepsLimit } from "../../core/belief/tolerance.ts";
import type { Domain } from "../../core/domain/domain.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import { nextStepsOf } from "../../core/run/tell/next-steps.ts";
import { viewRun } from "../../core/run/tell/view.ts";
import type { RunState } from "../../core/run/words/state.ts";
import type { Code, Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import type { Result } from "../../core/value/result.ts";
import type { Handover, NextPlan } from "./report.ts";

/** Compiles and records a proposal without asking for anything. Returns the plan's hash. */
export type PlanForPerson = (proposal: Proposal) => Promise<Result<Digest, readonly Problem[]>>;

/**
 * What a person who takes over needs if nothing was written yet: every alternative with its worth and risk, and the
 * best act as a plan that this person may approve, within the limit or not. A person may accept a risk that the
 * decision may not.
 */
export async function prepareHandover(
  after: DecisionAfter,
  { domain, lookRunId }: { readonly domain: Domain; readonly lookRunId: string | null },
  planFor: PlanForPerson,
): Promise<Handover> {
  const alternatives = listAlternatives(after.situation, after.decision);
  const next = await planNext(after, domain, planFor);
  const plan = next?.planHash;
  const steps: readonly NextStep[] =
    plan === undefined
      ? [...(lookRunId === null ? [] : [{ do: "explain", run: lookRunId } as const]), { do: "plan" }]
      : [
          { do: "show_plan", plan },
          { do: "approve", plan },
          { do: "apply", plan },
        ];
  return { alternatives, next, steps };
}

/** What a person needs if nobody approved the response: its plan as it stands, and what else could be done. */
export function handoverOfPlan(after: DecisionAfter, plan: Digest, refusal: Code | null): Handover {
  const approve = refusal === "E_APPROVAL_TARGET" ? "approve_naming_targets" : "approve";
  const steps: readonly NextStep[] = [
    { do: "show_plan", plan },
    { do: approve, plan },
    { do: "apply", plan },
  ];
  return { alternatives: listAlternatives(after.situation, after.decision), next: null, steps };
}

/** What a person needs once something was written. Nothing new is planned while the run waits for that person. */
export function handoverOfRun(run: string, state: RunState | null): Handover {
  const steps = state === null ? [] : nextStepsOf(viewRun(state), null);
  return { alternatives: [], next: null, steps: [{ do: "explain", run }, ...steps] };
}

async function planNext(after: DecisionAfter, domain: Domain, plan: PlanForPerson): Promise<NextPlan | null> {
  const { situation } = after;
  for (const { response, value, risk } of actsByValue(after)) {
    const proposal = policyToProposal(situation, { kind: "commit", response: response.id }, domain);
    if (!proposal.ok) continue;
    const planHash = await plan(proposal.value.proposal);
    // If the world does not permit this plan now, the next best one may be possible.
    if (!planHash.ok) continue;
    const figures = { value: numberText(value), risk: percentText(risk) };
    const limit = Math.min(situation.limitGivenEvidence, limitLeft(situation));
    const isWithin = keepsLimit({ risk, limit });
    return { response: response.id, value, risk, figures, keepsLimit: isWithin, planHash: planHash.value };
  }
  return null;
}

/** Every act with what it is worth under the present belief, the best first, within the limit or not. */
export function actsByValue({
  situation,
}: DecisionAfter): readonly { readonly response: SituationResponse; readonly value: number; readonly risk: number }[] {
  return situation.responses
    .filter(({ kind }) => kind === "act")
    .map((response) => ({ response, ...evaluatePolicy(situation, { kind: "commit", response: response.id }) }))
    .sort((left, right) => right.value - left.value);
}
