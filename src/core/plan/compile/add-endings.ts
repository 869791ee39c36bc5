import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { proposedKind } from "../kinds/index.ts";
import type { Passed } from "./compilation.ts";
import { findImplicitEndings, type ImplicitEndings } from "./implicit-endings.ts";
import type { BranchStep } from "./read-conditions.ts";
import type { CountedWaves } from "./waves.ts";
import { isEnding, outcomesWhenRun, type WorkStep } from "./work-step.ts";

/**
 * Pass 6. Adds the endings that a proposal leaves to be understood. Refuses steps behind an ending, and outcomes that
 * nobody reads although they decide whether the plan may go on.
 *
 * @param from.steps - all steps, those without a readable condition too
 */
export function addEndings(from: {
  readonly steps: readonly WorkStep[];
  readonly conditions: readonly BranchStep[];
  readonly counted: readonly CountedWaves[];
}): Passed<ImplicitEndings> {
  const { steps, conditions, counted } = from;
  const stepsById = new Map(steps.map((step) => [step.id, step]));
  const implicit = findImplicitEndings(conditions, counted);
  const problems = [
    ...steps.flatMap((step) => refuseBehindEnding(step, stepsById)),
    ...steps.filter((step) => implicit.unread.has(step.id)).flatMap(refuseUnread),
  ];
  return { value: implicit, problems };
}

function refuseBehindEnding(step: WorkStep, stepsById: ReadonlyMap<string, WorkStep>): readonly Problem[] {
  const ending = step.after.find((id) => {
    const earlier = stepsById.get(id);
    return earlier !== undefined && isEnding(earlier);
  });
  if (ending === undefined) return [];
  const claim = `${quote(step.id)} waits for ${quote(ending)}, which ends the run`;
  return [problem("E_PLAN_UNREACHABLE", `${step.pointer}/after`, claim)];
}

/** A plan must not go on after a refusal or a failure that nobody looked at. */
function refuseUnread(step: WorkStep): readonly Problem[] {
  if (proposedKind(step.source.kind).mayGoUnread) return [];
  const outcomes = outcomesWhenRun(step).map(quote);
  const listed = `${outcomes.slice(0, -1).join(", ")} or ${outcomes.at(-1) ?? ""}`;
  const claim = `no \`when\` reads whether ${quote(step.id)} gave ${listed}`;
  return [problem("E_PLAN_BRANCH_UNREAD", step.pointer, claim)];
}
