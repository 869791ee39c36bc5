import type { DecisionAfter } from "../../core/belief/explain/after.ts";
import { listAlternatives } from "../../core/belief/explain/alternatives.ts";
import type { SituationResponse } from "../../core/belief/situation/situation.ts";
import { evaluatePolicy } from "../../core/belief/solve/evaluate-policy.ts";
import type { Domain } from "../../core/domain/domain.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { Result } from "../../core/value/result.ts";
import type { Handover, NextPlan } from "./report.ts";

/** Compiles and records a proposal without asking for anything; gives the plan's hash. */
export type PlanForPerson = (proposal: Proposal) => Promise<Result<Digest, readonly Problem[]>>;

/**
 * What a person needs who takes over before anything was written: every alternative with its worth and risk, and the best act as a
 * plan that he may approve, within the limit or not. A person may buy risk; the decision may not.
 */
export async function prepareHandover(after: DecisionAfter, domain: Domain, plan: PlanForPerson): Promise<Handover> {
  const alternatives = listAlternatives(after.situation, after.decision);
  const next = await planNext(after, domain, plan);
  const commands =
    next === null
      ? ["interlock plan PROPOSAL"]
      : [
          `interlock show ${nameOf(next.planHash)}`,
          `interlock approve ${nameOf(next.planHash)}`,
          `interlock apply ${nameOf(next.planHash)}`,
        ];
  return { alternatives, next, commands };
}

/** What a person needs once something was written: nothing new is planned while the last word on it is his. */
export function handoverOfRun(runId: string, waitingFor: readonly { readonly stepId: string | null }[]): Handover {
  const resolve = waitingFor.flatMap(({ stepId }) =>
    stepId === null ? [] : [`interlock resolve ${runId} ${stepId} --as applied|not_applied|restored --reason TEXT`],
  );
  return {
    alternatives: [],
    next: null,
    commands: [
      `interlock explain ${runId}`,
      ...(waitingFor.length === 0 ? [] : [`interlock resume ${runId}`]),
      ...resolve,
    ],
  };
}

async function planNext(after: DecisionAfter, domain: Domain, plan: PlanForPerson): Promise<NextPlan | null> {
  const { situation } = after;
  for (const { response, value, risk } of actsByValue(after)) {
    const proposal = policyToProposal(situation, { kind: "commit", response: response.id }, domain);
    if (!proposal.ok) continue;
    const planHash = await plan(proposal.value.proposal);
    // What the world does not permit now is no plan; the next best one may be.
    if (planHash.ok)
      return { response: response.id, value, risk, keepsLimit: risk <= situation.limit, planHash: planHash.value };
  }
  return null;
}

function actsByValue({
  situation,
}: DecisionAfter): readonly { readonly response: SituationResponse; readonly value: number; readonly risk: number }[] {
  return situation.responses
    .filter(({ kind }) => kind === "act")
    .map((response) => ({ response, ...evaluatePolicy(situation, { kind: "commit", response: response.id }) }))
    .sort((left, right) => right.value - left.value);
}

function nameOf(planHash: Digest): string {
  return `pl_${planHash.slice(7, 19)}`;
}
