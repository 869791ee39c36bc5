import { domainDigest } from "../../domain/domain-digest.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { kernelVersion, type ObjectRef, type PlanStep } from "../plan.ts";
import { toBounds } from "./bounds.ts";
import { buildObservation } from "./build-call.ts";
import { type Compilation, takeOr } from "./compilation.ts";
import { type GroundGuard, groundGuard } from "./ground-guard.ts";
import type { PlanDraft } from "./pin-plan.ts";

/** Puts a draft together from its compiled steps; objects that a guard, a step or an invariant reads are listed with their reading. */
export function assembleDraft(
  compilation: Compilation,
  parts: { readonly steps: readonly PlanStep[]; readonly goal: GroundGuard; readonly worst: readonly number[] },
): PlanDraft["plan"] {
  const { request, index } = compilation;
  const { domain, proposal } = request;
  const invariants = domain.invariants.flatMap(({ name, holds }) => {
    const guard = takeOr(
      compilation,
      groundGuard(holds, {
        index,
        target: null,
        args: new Map(),
        objectArgs: new Map(),
        inputs: new Map(),
        pointer: "",
      }),
    );
    return guard === undefined ? [] : [{ name, guard }];
  });
  const objects = new Set<ObjectRef>([
    ...parts.goal.reads,
    ...invariants.flatMap(({ guard }) => guard.reads),
    ...parts.steps.flatMap(readsOf),
  ]);
  return {
    format: "interlock.plan/1",
    goal: parts.goal.text,
    summary: proposal.summary,
    assumptions: proposal.assumptions,
    proposer: request.proposer,
    domain: { name: domain.name, version: domain.version, environment: domain.environment },
    inputs: [...request.inputs].sort((left, right) => (left.name < right.name ? -1 : 1)),
    steps: parts.steps,
    observations: [...objects].sort().flatMap((object) => buildObservation(object, index) ?? []),
    invariants: invariants.map(({ name, guard }) => ({ name, holds: guard.text })),
    proof: { kind: "not_attempted" },
    bounds: toBounds(parts.worst),
    pins: { ...request.pins, domain: domainDigest(domain), engine: kernelVersion },
    parent: request.parent,
  };
}

function readsOf(step: PlanStep): readonly ObjectRef[] {
  switch (step.kind) {
    case "act":
    case "probe":
      return [
        ...step.reads,
        ...(step.target === null ? [] : [step.target]),
        ...(step.post?.reads ?? []),
        ...(step.compensation?.reads ?? []),
      ];
    case "end":
      return step.reads;
    case "wait":
    case "approve":
    case "escalate":
      return [];
  }
}

/** A guard that the kernel could not read back would stop a run half-way: refused here, where nothing has begun. */
export function refuseLargeGuards(plan: PlanDraft["plan"]): readonly Problem[] {
  const guards = [plan.goal, ...plan.invariants.map((invariant) => invariant.holds), ...plan.steps.flatMap(guardsOf)];
  return guards.flatMap((text) => {
    if (text === "" || parseCompiledGuard(text).ok) return [];
    return [
      problem("E_GUARD_SIZE", "", `a guard over the inventory becomes ${text.length} characters: ${quote(text)}`),
    ];
  });
}

function guardsOf(step: PlanStep): readonly string[] {
  return step.kind === "act" || step.kind === "probe" ? [step.when, step.pre, step.post?.expect ?? ""] : [step.when];
}
