import { domainDigest } from "../../domain/domain-digest.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { guardsOf, readsOf } from "../kinds/index.ts";
import type { ObjectRef, PlanStep } from "../plan.ts";
import { kernelVersion, planFormat } from "../plan-format.ts";
import { toBounds } from "./bounds.ts";
import { buildObservation } from "./build-call.ts";
import type { BranchReport } from "./check-branches.ts";
import { beginPass, type Compilation, type Pass, type Passed, takeOr } from "./compilation.ts";
import { coverSteps } from "./cover-steps.ts";
import type { GroundGoal } from "./ground-goal.ts";
import { type GroundGuard, groundCondition } from "./ground-guard.ts";
import type { PlanDraft } from "./pin-plan.ts";

/**
 * Pass 9. Puts the draft together: the steps without the endings that no path reaches, the invariants, the bounds, and
 * the reading of every object that a step, a guard or an invariant is about.
 */
export function assembleDraft(
  compilation: Compilation,
  from: {
    readonly steps: readonly PlanStep[];
    readonly goal: GroundGoal;
    readonly branches: BranchReport;
  },
): Passed<PlanDraft> {
  const pass = beginPass(compilation);
  const { request, index } = compilation;
  const { domain, proposal } = request;
  const { goal, branches } = from;
  const steps = coverSteps(from.steps.filter((step) => !branches.idle.has(step.id)));
  const invariants = groundInvariants(pass);
  const objects = new Set<ObjectRef>([
    ...goal.reads,
    ...invariants.flatMap(({ guard }) => guard.reads),
    ...steps.flatMap(readsOf),
  ]);
  const plan: PlanDraft["plan"] = {
    format: planFormat,
    goal: goal.text,
    summary: proposal.summary,
    assumptions: proposal.assumptions,
    proposer: request.proposer,
    domain: { name: domain.name, version: domain.version, environment: domain.environment },
    inputs: [...request.inputs].sort((left, right) => (left.name < right.name ? -1 : 1)),
    steps,
    observations: [...objects].sort().flatMap((object) => buildObservation(object, index) ?? []),
    invariants: invariants.map(({ name, guard }) => ({ name, holds: guard.text })),
    proof: { kind: "not_attempted" },
    bounds: toBounds(branches.worst),
    pins: { ...request.pins, domain: domainDigest(domain), engine: kernelVersion },
    parent: request.parent,
    ...(request.intent === undefined ? {} : { intent: { ...request.intent, goalBy: goal.by } }),
    ...(request.preparedBy === undefined ? {} : { preparedBy: request.preparedBy }),
  };
  const problems = [...pass.problems, ...refuseLargeGuards(plan)];
  return { value: { plan, branchStateCount: branches.stateCount }, problems };
}

function groundInvariants(pass: Pass): readonly { readonly name: string; readonly guard: GroundGuard }[] {
  const { index, request } = pass;
  return request.domain.invariants.flatMap(({ name, holds }) => {
    const guard = takeOr(pass, groundCondition(holds, index, ""));
    return guard === undefined ? [] : [{ name, guard }];
  });
}

/** A guard that the kernel cannot read back would stop a run half-way. It is refused here, where nothing has begun. */
function refuseLargeGuards(plan: PlanDraft["plan"]): readonly Problem[] {
  const guards = [plan.goal, ...plan.invariants.map(({ holds }) => holds), ...plan.steps.flatMap(guardsOf)];
  return guards.flatMap((text) => {
    if (text === "" || parseCompiledGuard(text).ok) return [];
    const claim = `a guard over the inventory becomes ${text.length} characters: ${quote(text)}`;
    return [problem("E_GUARD_SIZE", "", claim)];
  });
}
