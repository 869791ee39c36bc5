import { parseCompiledGuard } from "../guard/parse-guard.ts";
import { guardsOf } from "../plan/kinds/index.ts";
import type { Plan } from "../plan/plan.ts";
import { foreseePlan, type Undecided } from "./foresee.ts";
import { findRisks, type Risk } from "./risks.ts";

/** What following a plan's declared effects tells the person who approves it. It is a function of the plan alone. */
export interface Outlook {
  readonly risks: readonly Risk[];
  /** Invariants and preconditions that hang on a fact that is not known before the plan runs. */
  readonly undecided: readonly Undecided[];
  /** Names of invariants that are false before the plan, and that each `end` makes true. */
  readonly restored: readonly string[];
}

/** The outlook of a compiled plan. A plan whose guards this release cannot read has an empty one. */
export function outlookOf(plan: Plan): Outlook {
  const guards = [plan.goal, ...plan.invariants.map(({ holds }) => holds), ...plan.steps.flatMap(guardsOf)];
  const isReadable = guards.every((guard) => guard === "" || parseCompiledGuard(guard).ok);
  if (!isReadable) return { risks: [], undecided: [], restored: [] };
  const { world, undecided, restored } = foreseePlan(plan);
  return { risks: findRisks(plan, world), undecided, restored };
}

const reasons: Readonly<Record<Undecided["unknown"][number]["why"], string>> = {
  not_read: "was not read",
  measured: "is a measurement",
  undeclared: "is changed by a step that does not declare it",
  failed: "hangs on a step that may fail",
};

/** Why an invariant or a precondition could not be decided, in words. */
export function tellUndecided({ unknown }: Undecided): string {
  const [first] = unknown;
  if (first === undefined) return "a fact that it reads is not known";
  const more = unknown.length > 1 ? `, and ${unknown.length - 1} more facts are not known` : "";
  return `\`${first.fact}\` ${reasons[first.why]}${more}`;
}
