import { parseCompiledGuard } from "../guard/parse-guard.ts";
import { conjunctsIn, parsePlanGuard } from "../guard/plan-guard.ts";
import { guardsOf, isCallStep } from "../plan/kinds/index.ts";
import type { Plan, PlanStep } from "../plan/plan.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import type { Undecided } from "./finding.ts";
import { type Foresight, foreseePlan, unknownIn } from "./foresee.ts";
import { invertedEvidence, type ModelledResponse } from "./risks/evidence.ts";
import { findRisks } from "./risks/find-risks.ts";
import type { Risk } from "./risks/risk.ts";
import type { World } from "./world.ts";

/** What following a plan's declared effects tells the person who approves it. */
export interface Outlook {
  readonly risks: readonly Risk[];
  /** Invariants and preconditions that hang on a fact that is not known before the plan runs. */
  readonly undecided: readonly Undecided[];
  /** Names of invariants that are false before the plan, and that each `end` makes true. */
  readonly restored: readonly string[];
}

/** What a site knows that bears on the risks of a plan, beside the plan itself. */
export interface OutlookTerms {
  /** How long an approval counts unless somebody says otherwise, in milliseconds; `null` where that is not known. */
  readonly approvalMs: number | null;
  /** What the site's decision models say of the responses that a plan may hold. */
  readonly models: readonly ModelledResponse[];
}

const noTerms: OutlookTerms = { approvalMs: null, models: [] };

/**
 * The outlook of a compiled plan. A plan whose guards this release cannot read has an empty one.
 *
 * @param known - what following this very plan showed; without it, the plan is followed
 */
export function outlookOf(
  plan: Plan,
  { approvalMs, models }: OutlookTerms = noTerms,
  known: Foresight | null = null,
): Outlook {
  const foresight = known ?? foresightOf(plan);
  if (foresight === null) return { risks: [], undecided: [], restored: [] };
  const { world, undecided, restored } = foresight;
  const risks = [...findRisks(plan, world, { restored, approvalMs }), ...invertedEvidence(plan, world, models)];
  return { risks, undecided: [...undecided, ...openOnTheWayBack(plan, world)], restored };
}

/** What the plan itself says of preconditions on its way back. The actions of a way back are not in a plan. */
function openOnTheWayBack(plan: Plan, world: World): readonly Undecided[] {
  return plan.steps.flatMap((step) =>
    openPreOf(step).map((condition): Undecided => {
      const unknown = unknownIn(world, conjunctsIn(parsePlanGuard(condition)));
      return { kind: "undo_pre", name: step.id, condition, unknown };
    }),
  );
}

function openPreOf(step: PlanStep): readonly string[] {
  if (!isCallStep(step) || step.compensation === null) return [];
  const { compensation } = step;
  return sortedUnique([compensation, ...(compensation.thenRun ?? [])].flatMap(({ openPre = [] }) => openPre));
}

/** What following each plan has shown. An approval needs it to show the plan, and for the risks that a site refuses. */
const foresights = new WeakMap<Plan, Foresight | null>();

function foresightOf(plan: Plan): Foresight | null {
  const known = foresights.get(plan);
  if (known !== undefined) return known;
  const found = isReadable(plan) ? foreseePlan(plan) : null;
  foresights.set(plan, found);
  return found;
}

function isReadable(plan: Plan): boolean {
  const ofSteps = plan.steps.flatMap((step) => [...guardsOf(step), ...openPreOf(step)]);
  const guards = [plan.goal, ...plan.invariants.map(({ holds }) => holds), ...ofSteps];
  return guards.every((guard) => guard === "" || parseCompiledGuard(guard).ok);
}

const reasons: Readonly<Record<Undecided["unknown"][number]["why"], string>> = {
  not_read: "was not read",
  measured: "is a measurement",
  undeclared: "is changed by a step that does not declare it",
  failed: "hangs on a step that may fail",
};

/** Why an invariant or a precondition could not be decided, in words. */
export function tellUndecided({ kind, unknown }: Undecided): string {
  const [first] = unknown;
  if (first === undefined && kind === "undo_pre")
    return "it is false where the step fails although it has done all that it declares";
  if (first === undefined) return "a fact that it reads is not known";
  const more = unknown.length > 1 ? `, and ${unknown.length - 1} more facts are not known` : "";
  return `\`${first.fact}\` ${reasons[first.why]}${more}`;
}
