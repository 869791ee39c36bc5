import type { Domain } from "../../core/domain/domain.ts";
import { type DomainIndex, indexDomain } from "../../core/domain/domain-index.ts";
import type { Formula } from "../../core/guard/formula.ts";
import { conjunctsIn } from "../../core/guard/plan-guard.ts";
import { placeThenRuns } from "../../core/plan/branches/way-back.ts";
import { groundGuard, orderedArgsOf, toGuardValue } from "../../core/plan/compile/ground-guard.ts";
import { isCallStep } from "../../core/plan/kinds/index.ts";
import type { CallStep, Plan, PlanStep } from "../../core/plan/plan.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Finding } from "../../core/proof/finding.ts";
import { type Foresight, foreseePlan } from "../../core/proof/foresee.ts";
import { foreseeWayBack, type OpenPre } from "../../core/proof/foresee-way-back.ts";
import { tellFinding } from "../../core/proof/tell.ts";
import type { DeclaredPost, World } from "../../core/proof/world.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { declaredUndosOf } from "./declared-undos.ts";

/** A plan whose effects were followed and are in order. */
export interface FollowedPlan {
  /** The plan, with what nobody knows on its way back. */
  readonly plan: Plan;
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
): Result<FollowedPlan, readonly Problem[]> {
  const index = indexDomain(from.domain);
  const foresight = foreseePlan(plan, declaredPostOf(plan, index));
  const { world, findings: ahead } = foresight;
  const refuse = (findings: readonly Finding[]): Result<FollowedPlan, readonly Problem[]> =>
    fail(findings.slice(0, limits.problemsCountMax).map((finding) => toProblem(world, finding, from.proposal)));
  if (ahead.length > 0) return refuse(ahead);
  const { findings, open } = foreseeWayBack(plan, world, declaredUndosOf(plan, index));
  if (findings.length > 0) return refuse(findings);
  // The domain says which conditions a step waits for by itself. Without it, all of them count as the step's own.
  const isAsked = world.steps.some(({ expect }) => expect.some((conjunct) => conjunct.isAsked));
  return ok({ plan: withOpenPre(plan, open), foresight: isAsked ? null : foresight });
}

/** The problems that `followEffects` refuses a plan for. */
export function findEffectProblems(...given: Parameters<typeof followEffects>): readonly Problem[] {
  const followed = followEffects(...given);
  return followed.ok ? [] : followed.error;
}

function withOpenPre(plan: Plan, open: readonly OpenPre[]): Plan {
  if (open.length === 0) return plan;
  const { places } = placeThenRuns(plan);
  const partsAt = new Map(open.map(({ write, parts }) => [write.at, parts]));
  const noted = (at: number | undefined): { readonly openPre?: readonly string[] } => {
    const parts = at === undefined ? undefined : partsAt.get(at);
    return parts === undefined ? {} : { openPre: parts };
  };
  const steps = plan.steps.map((step, at): PlanStep => {
    if (!isCallStep(step) || step.compensation === null) return step;
    const { thenRun, ...undo } = step.compensation;
    const then = thenRun?.map((next, position) => ({ ...next, ...noted(places.get(at)?.[position]?.by) }));
    const compensation = { ...undo, ...noted(at), ...(then === undefined ? {} : { thenRun: then }) };
    return { ...step, compensation };
  });
  return { ...plan, steps };
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
