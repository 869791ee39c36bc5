import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import type { FormulaId } from "../branches/outcome-formula.ts";
import { unorderedWrites } from "../branches/unordered-writes.ts";
import type { Watch } from "../branches/walk-step.ts";
import { hasOutput, notRun } from "../kinds/outcomes.ts";
import type { BranchPlan, Layout } from "./lay-out-branches.ts";
import type { BranchStep } from "./read-conditions.ts";

/** Something that must not happen on any path, and how to report it. */
export interface NamedWatch extends Watch {
  /** @param witness - the outcomes that lead there, as a condition */
  readonly tell: (witness: string) => Problem;
}

/** Everything that must not happen on any path, beside reaching no ending or two. */
export function watchBranches(plan: BranchPlan, layout: Layout): readonly NamedWatch[] {
  return [
    ...surpriseWatches(plan, layout),
    ...outputWatches(plan, layout),
    ...raceWatches(plan, layout),
    ...waveWatches(plan, layout),
  ];
}

/** No step may run behind an outcome that the plan does not foresee. */
function surpriseWatches(plan: BranchPlan, layout: Layout): readonly NamedWatch[] {
  return plan.implicit.surprises.flatMap(({ stepId, outcomes }) =>
    layout.nodes.flatMap((node, at) => {
      if (node.isImplicit || node.isEnding || !node.after.includes(stepId)) return [];
      const names = outcomes.map(quote).join(", ");
      const surprise = `${quote(stepId)} gave an outcome the plan does not foresee (${names})`;
      const claim = `${quote(node.id)} would run although ${surprise}`;
      const hint = `let the \`when\` of ${quote(node.id)} name the outcomes of ${quote(stepId)} it is for`;
      const tell = (): Problem => problem("E_PLAN_BRANCH_CONFLICT", `${node.pointer}/when`, claim, hint);
      return [{ at, forbidden: runsWhile(layout, { at, stepId, outcomes }), tell }];
    }),
  );
}

/** No step may read an output that is not there. */
function outputWatches(plan: BranchPlan, layout: Layout): readonly NamedWatch[] {
  return plan.steps.flatMap(({ step }, at) =>
    (plan.bound.get(step.id)?.references ?? []).flatMap(({ reference, pointer }) => {
      const { stepId } = reference;
      const variable = layout.variableOf.get(stepId);
      if (variable === undefined) return [];
      const outcomes = (layout.outcomes[variable] ?? []).filter((outcome) => !hasOutput(outcome));
      const tell = (witness: string): Problem => {
        const claim = `${quote(step.id)} reads an output of ${quote(stepId)} that is not there when ${quote(witness)}`;
        return problem("E_PLAN_REF_PATH", pointer, claim);
      };
      return [{ at, forbidden: runsWhile(layout, { at, stepId, outcomes }), tell }];
    }),
  );
}

/** No two steps may write one thing in no order: chance would decide which write stands, and which one is undone. */
function raceWatches({ steps }: BranchPlan, layout: Layout): readonly NamedWatch[] {
  return unorderedWrites(layout.nodes.slice(0, steps.length)).map(({ earlier, later, what }) => {
    const [first, second] = [layout.nodes[earlier], layout.nodes[later]];
    const both = `${quote(first?.id ?? "")} and ${quote(second?.id ?? "")} both write ${quote(what)}`;
    const claim = `${both}, and neither waits for the other`;
    const tell = (): Problem => problem("E_PLAN_RACE", `${second?.pointer ?? ""}/after`, claim);
    return { at: later, forbidden: bothRun(layout, earlier, later), tell };
  });
}

/**
 * What goes in waves goes in one order. Two such steps side by side would be two canaries, a hundred of them no canary
 * at all.
 */
function waveWatches({ steps }: BranchPlan, layout: Layout): readonly NamedWatch[] {
  // The canary's first step stands for all the waves: whatever waits for the proposed step waits for it too.
  const stands = ({ step }: BranchStep): boolean =>
    step.action?.waves !== undefined && (step.each === null || step.id === `${step.source.id}_1`);
  const writing = steps.map((entry) => ({
    id: entry.step.id,
    after: entry.step.after,
    writes: stands(entry) ? [entry.step.action?.name ?? ""] : [],
  }));
  return unorderedWrites(writing).map(({ earlier, later, what }) => {
    const [first, second] = [steps[earlier]?.step, steps[later]?.step];
    const both = `${quote(first?.source.id ?? "")} and ${quote(second?.source.id ?? "")} both do ${quote(what)}`;
    const claim = `${both}, which goes in waves, and neither waits for the other`;
    const tell = (): Problem => problem("E_PLAN_WAVES", `${second?.pointer ?? ""}/after`, claim);
    return { at: later, forbidden: bothRun(layout, earlier, later), tell };
  });
}

/** The step at `at` runs, and the other one has one of these outcomes. */
function runsWhile(
  layout: Layout,
  asked: { readonly at: number; readonly stepId: string; readonly outcomes: readonly string[] },
): FormulaId {
  const variable = layout.variableOf.get(asked.stepId) ?? 0;
  const indices = asked.outcomes.map((outcome) => (layout.outcomes[variable] ?? []).indexOf(outcome));
  return layout.table.all([layout.runs[asked.at] ?? 0, layout.table.atom(variable, indices)]);
}

function bothRun(layout: Layout, earlier: number, later: number): FormulaId {
  const outcomes = (layout.outcomes[earlier] ?? []).filter((outcome) => outcome !== notRun);
  return runsWhile(layout, { at: later, stepId: layout.nodes[earlier]?.id ?? "", outcomes });
}
