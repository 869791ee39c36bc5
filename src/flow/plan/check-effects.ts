import type { Domain } from "../../core/domain/domain.ts";
import { type DomainIndex, indexDomain } from "../../core/domain/domain-index.ts";
import type { Formula } from "../../core/guard/formula.ts";
import { conjunctsIn } from "../../core/guard/plan-guard.ts";
import { groundGuard, orderedArgsOf, toGuardValue } from "../../core/plan/compile/ground-guard.ts";
import { isCallStep } from "../../core/plan/kinds/index.ts";
import type { CallStep, Plan } from "../../core/plan/plan.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Finding } from "../../core/proof/finding.ts";
import { type Foresight, foreseePlan } from "../../core/proof/foresee.ts";
import { foreseeWayBack } from "../../core/proof/foresee-way-back.ts";
import { tellFinding } from "../../core/proof/tell.ts";
import type { DeclaredPost, World } from "../../core/proof/world.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { limits } from "../../core/value/limits.ts";
import { declaredUndosOf } from "./declared-undos.ts";

/** What following the effects of a plan gave. */
export interface FollowedEffects {
  readonly problems: readonly Problem[];
  /** What following it shows to people who know the plan alone; `null` where the declarations say more. */
  readonly foresight: Foresight | null;
}

/**
 * Follows the effects that the domain declares, from the facts that the plan has just read, and refuses what cannot
 * work or breaks an invariant. Nothing is sent.
 */
export function followEffects(
  plan: Plan,
  from: { readonly domain: Domain; readonly proposal: Proposal },
): FollowedEffects {
  const index = indexDomain(from.domain);
  const foresight = foreseePlan(plan, declaredPostOf(plan, index));
  const { world, findings: ahead } = foresight;
  const findings = ahead.length > 0 ? ahead : foreseeWayBack(plan, world, declaredUndosOf(plan, index));
  const problems = findings
    .slice(0, limits.problemsCountMax)
    .map((finding) => toProblem(world, finding, from.proposal));
  // The domain says which conditions a step waits for by itself. Without it, all of them count as the step's own.
  const isAsked = world.steps.some(({ expect }) => expect.some((conjunct) => conjunct.isAsked));
  return { problems, foresight: isAsked ? null : foresight };
}

/** As `followEffects`, for callers who ask for the problems alone. */
export function findEffectProblems(
  plan: Plan,
  from: { readonly domain: Domain; readonly proposal: Proposal },
): readonly Problem[] {
  return followEffects(plan, from).problems;
}

function toProblem(world: World, finding: Finding, proposal: Proposal): Problem {
  const { message, hint } = tellFinding(world, finding);
  return problem(finding.code, pointerOf(finding, proposal), message, hint ?? undefined);
}

/** The proposed step that a step was made from. One over several objects became `ID_1`, `ID_2`, and so on. */
function pointerOf({ step, code }: Finding, { steps }: Proposal): string {
  if (code === "E_EFFECT_GOAL") return "/goal";
  if (step === null) return "/steps";
  const exact = steps.findIndex(({ id }) => id === step.id);
  const at = exact >= 0 ? exact : steps.findIndex(({ id }) => step.id.replace(/_\d+$/, "") === id);
  return at < 0 ? "/steps" : `/steps/${at}`;
}

/** What each action itself waits for, with this target and these arguments. The rest is the proposal's expectation. */
function declaredPostOf(plan: Plan, index: DomainIndex): DeclaredPost {
  const steps = new Map(plan.steps.filter(isCallStep).map((step) => [step.id, step]));
  return (stepId) => {
    const step = steps.get(stepId);
    return step === undefined ? null : groundPost(step, index);
  };
}

function groundPost(step: CallStep, index: DomainIndex): readonly Formula[] | null {
  const action = index.actions.get(step.action);
  if (action === undefined) return null;
  if (action.post === null) return [];
  const objectArgs = action.input.flatMap(({ name, type }) =>
    type.kind === "object" ? [[name, type.of] as const] : [],
  );
  const grounded = groundGuard(action.post.expect, {
    index,
    target: step.target,
    args: new Map(
      step.args.map(({ name, value }) => [name, value.kind === "literal" ? toGuardValue(value.value) : undefined]),
    ),
    objectArgs: new Map(objectArgs),
    orderedArgs: orderedArgsOf(action.input),
    inputs: new Map(),
    pointer: "",
  });
  return grounded.ok ? conjunctsIn(grounded.value.formula ?? null) : null;
}
