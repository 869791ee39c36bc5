import { type Problem, problem } from "../../value/codes.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { quote } from "../../value/text.ts";
import type { Fact, Pins, Plan } from "../plan.ts";
import type { ObservedObject } from "./read-object.ts";
import { refuseWrongTypes } from "./refuse-wrong-types.ts";

/**
 * A compiled plan that lacks only the world: `plan.observations` says which objects must be read, and how, before it
 * can be pinned. Those are every target and everything that a guard reads. `interlock check` stops here, since it reads
 * nothing.
 */
export interface PlanDraft {
  readonly plan: Omit<Plan, "pins"> & { readonly pins: Omit<Pins, "targets"> };
  /** Combinations of outcomes that the check of the branches went through. */
  readonly branchStateCount: number;
}

/**
 * Pins a draft to the world as it was just read: this is the plan that people approve and the kernel runs. The same
 * draft and the same readings give the same bytes.
 *
 * @param observed - the objects of `draft.plan.observations`; others are ignored
 * @returns the plan, or one `E_PLAN_OBSERVATION` for each object that was not read, and one `E_FACT_TYPE` for each fact
 *   that the plan needs and that was read as something else
 */
export function pinPlan(draft: PlanDraft, observed: readonly ObservedObject[]): Result<Plan, readonly Problem[]> {
  const byObject = new Map(observed.map((object) => [object.object, object]));
  const problems: Problem[] = [];
  const targets = draft.plan.observations.flatMap(({ object }) => {
    const seen = byObject.get(object);
    if (seen !== undefined) return [{ object, fingerprint: seen.fingerprint, facts: knownFacts(seen) }];
    problems.push(problem("E_PLAN_OBSERVATION", "", `${quote(object)} was not read`));
    return [];
  });
  problems.push(...refuseWrongTypes(draft.plan, observed));
  return problems.length > 0 ? fail(problems) : ok({ ...draft.plan, pins: { ...draft.plan.pins, targets } });
}

/** Facts that the reading did not show within their domain are not pinned: a proof has to try every value of them. */
function knownFacts(seen: ObservedObject): readonly Fact[] {
  return seen.facts
    .flatMap(({ name, value }) => (value === null ? [] : [{ name, value }]))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}
