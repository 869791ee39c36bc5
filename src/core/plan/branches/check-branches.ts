import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import type { BoundStep } from "../compile/bind-arguments.ts";
import { type BranchStep, describeOutcomes, type ImplicitEndings } from "../compile/implicit-endings.ts";
import { hasOutput, isEndingKind, notRun, outcomesWhenRun } from "../compile/outcomes.ts";
import type { When } from "../compile/when.ts";
import { type FormulaId, FormulaTable } from "./outcome-formula.ts";
import { unorderedWrites } from "./unordered-writes.ts";
import {
  type WalkFinding,
  type WalkReport,
  type Watch,
  type Witness,
  walkBranches,
  walkStatesMax,
} from "./walk-branches.ts";

/** A plan's steps as its branches see them, explicit ones first, in topological order. */
export interface BranchPlan {
  readonly steps: readonly BranchStep[];
  readonly implicit: ImplicitEndings;
  readonly bound: ReadonlyMap<string, BoundStep>;
  /** What a step changes: its target and facts; empty for steps that write nothing. */
  readonly writesOf: (id: string) => readonly string[];
  /** Worst cost of running a step, by id; all lists have the same length. */
  readonly costOf: (id: string) => readonly number[];
}

/** What the walk over all outcomes gave. */
export interface BranchReport {
  readonly problems: readonly Problem[];
  /** Implicit endings that no path reaches. */
  readonly idle: ReadonlySet<string>;
  readonly worst: readonly number[];
  readonly stateCount: number;
}

/**
 * Shows that every reachable assignment of outcomes reaches exactly one ending, that a step's output is there whenever it is
 * read, that nothing goes on behind an outcome the plan does not foresee, that no two steps write the same thing side by side or
 * do side by side what goes in waves, and that every step can run at all.
 */
export function checkBranches(plan: BranchPlan): BranchReport {
  const layout = layOut(plan);
  const watches = [
    ...surpriseWatches(plan, layout),
    ...outputWatches(plan, layout),
    ...raceWatches(plan, layout),
    ...waveWatches(plan, layout),
  ];
  const steps = layout.nodes.map((node, variable) => ({
    outcomes: layout.outcomes[variable] ?? [],
    isEnding: node.isEnding,
    runs: layout.runs[variable] ?? 0,
    cost: plan.costOf(node.id),
  }));
  const report = walkBranches(steps, { table: layout.table, watches });
  if (report === undefined) {
    const claim = `more than ${walkStatesMax} combinations of outcomes are open at the same time`;
    return {
      problems: [problem("E_PLAN_BRANCH_LIMIT", "/steps", claim)],
      idle: new Set(),
      worst: [],
      stateCount: walkStatesMax,
    };
  }
  return toBranchReport({ layout, watches, report });
}

interface Node {
  readonly id: string;
  readonly pointer: string;
  readonly isEnding: boolean;
  readonly isImplicit: boolean;
  readonly after: readonly string[];
  readonly when: When;
}

interface Layout {
  readonly nodes: readonly Node[];
  readonly variableOf: ReadonlyMap<string, number>;
  /** Outcomes by variable, `not_run` last. */
  readonly outcomes: readonly (readonly string[])[];
  readonly table: FormulaTable;
  readonly runs: readonly FormulaId[];
}

function layOut(plan: BranchPlan): Layout {
  const explicit = plan.steps.map(
    ({ step, when }): Node => ({
      id: step.id,
      pointer: step.pointer,
      isEnding: isEndingKind(step.source.kind),
      isImplicit: false,
      after: step.after,
      when,
    }),
  );
  const implicit = plan.implicit.endings.map(
    (ending): Node => ({
      id: ending.id,
      pointer: "/steps",
      isEnding: true,
      isImplicit: true,
      after: ending.after,
      when: ending.when,
    }),
  );
  const nodes = [...explicit, ...implicit];
  const variableOf = new Map(nodes.map((node, variable) => [node.id, variable]));
  const outcomes = [
    ...plan.steps.map(({ step }) => [...runOutcomes(step, plan), notRun]),
    ...implicit.map(() => ["ended", notRun]),
  ];
  const table = new FormulaTable({
    outcomesOf: (variable) => outcomes[variable] ?? [],
    variableOf: (id) => variableOf.get(id),
  });
  const hasRun = (id: string): FormulaId => {
    const variable = variableOf.get(id);
    invariant(variable !== undefined, "`after` names a step of the plan");
    return table.notAtom(variable, [(outcomes[variable] ?? []).length - 1]);
  };
  const runs = nodes.map((node) =>
    node.when.formula === undefined ? table.all(node.after.map(hasRun)) : table.fromGuard(node.when.formula),
  );
  return { nodes, variableOf, outcomes, table, runs };
}

/** A step none of whose outcomes is read goes on or fails: one outcome, as far as the branches are concerned. */
function runOutcomes(step: BranchStep["step"], plan: BranchPlan): readonly string[] {
  if (isEndingKind(step.source.kind)) return ["ended"];
  return plan.implicit.unread.has(step.id) ? ["done"] : outcomesWhenRun(step);
}

interface NamedWatch extends Watch {
  readonly tell: (witness: string) => Problem;
}

function surpriseWatches(plan: BranchPlan, layout: Layout): readonly NamedWatch[] {
  return plan.implicit.surprises.flatMap(({ stepId, outcomes }) =>
    layout.nodes.flatMap((node, at) => {
      if (node.isImplicit || node.isEnding || !node.after.includes(stepId)) return [];
      const names = outcomes.map(quote).join(", ");
      const claim = `${quote(node.id)} would run although ${quote(stepId)} gave an outcome the plan does not foresee (${names})`;
      const hint = `let the \`when\` of ${quote(node.id)} name the outcomes of ${quote(stepId)} it is for`;
      return [
        {
          at,
          forbidden: conjunction(layout, { at, stepId, outcomes }),
          tell: () => problem("E_PLAN_BRANCH_CONFLICT", `${node.pointer}/when`, claim, hint),
        },
      ];
    }),
  );
}

function outputWatches(plan: BranchPlan, layout: Layout): readonly NamedWatch[] {
  return plan.steps.flatMap(({ step }, at) =>
    (plan.bound.get(step.id)?.references ?? []).flatMap(({ reference, pointer }) => {
      const variable = layout.variableOf.get(reference.stepId);
      if (variable === undefined) return [];
      const outcomes = (layout.outcomes[variable] ?? []).filter((outcome) => !hasOutput(outcome));
      const tell = (witness: string): Problem =>
        problem(
          "E_PLAN_REF_PATH",
          pointer,
          `${quote(step.id)} reads an output of ${quote(reference.stepId)} that is not there when ${quote(witness)}`,
        );
      return [{ at, forbidden: conjunction(layout, { at, stepId: reference.stepId, outcomes }), tell }];
    }),
  );
}

/** Two writes of one object in no order would leave it to chance which of them stands, and which of them is undone. */
function raceWatches(plan: BranchPlan, layout: Layout): readonly NamedWatch[] {
  return unorderedWrites(
    plan.steps.map(({ step }) => ({ id: step.id, after: step.after, writes: plan.writesOf(step.id) })),
  ).map(({ earlier, later, what }) => {
    const [first, second] = [layout.nodes[earlier], layout.nodes[later]];
    const outcomes = (layout.outcomes[earlier] ?? []).filter((outcome) => outcome !== notRun);
    const tell = (): Problem =>
      problem(
        "E_PLAN_RACE",
        `${second?.pointer ?? ""}/after`,
        `${quote(first?.id ?? "")} and ${quote(second?.id ?? "")} both write ${quote(what)}, and neither waits for the other`,
      );
    return { at: later, forbidden: conjunction(layout, { at: later, stepId: first?.id ?? "", outcomes }), tell };
  });
}

/** What goes in waves goes in one order: two steps side by side would be two canaries, and a hundred of them no canary at all. */
function waveWatches(plan: BranchPlan, layout: Layout): readonly NamedWatch[] {
  // The canary's first step stands for the waves: whatever waits for the step that was proposed waits for it too.
  const stands = ({ step }: BranchStep): boolean =>
    step.action?.waves !== undefined && (step.each === null || step.id === `${step.source.id}_1`);
  const steps = plan.steps.map((entry) => ({
    id: entry.step.id,
    after: entry.step.after,
    writes: stands(entry) ? [entry.step.action?.name ?? ""] : [],
  }));
  return unorderedWrites(steps).map(({ earlier, later, what }) => {
    const [first, second] = [earlier, later].map((at) => plan.steps[at]?.step);
    const outcomes = (layout.outcomes[earlier] ?? []).filter((outcome) => outcome !== notRun);
    const claim = `${quote(first?.source.id ?? "")} and ${quote(second?.source.id ?? "")} both do ${quote(what)}, which goes in waves, and neither waits for the other`;
    return {
      at: later,
      forbidden: conjunction(layout, { at: later, stepId: first?.id ?? "", outcomes }),
      tell: () => problem("E_PLAN_WAVES", `${second?.pointer ?? ""}/after`, claim),
    };
  });
}

/** The step at `at` runs while the other one has one of the outcomes. */
function conjunction(
  layout: Layout,
  asked: { readonly at: number; readonly stepId: string; readonly outcomes: readonly string[] },
): FormulaId {
  const variable = layout.variableOf.get(asked.stepId) ?? 0;
  const indices = asked.outcomes.map((outcome) => (layout.outcomes[variable] ?? []).indexOf(outcome));
  return layout.table.all([layout.runs[asked.at] ?? 0, layout.table.atom(variable, indices)]);
}

function toBranchReport(from: {
  readonly layout: Layout;
  readonly watches: readonly NamedWatch[];
  readonly report: WalkReport;
}): BranchReport {
  const { layout, watches, report } = from;
  const problems = report.findings.map((finding) => toProblem(finding, { layout, watches }));
  // Where the branches themselves are wrong, an unreachable step is an echo.
  const unreached =
    problems.length > 0
      ? []
      : layout.nodes.flatMap((node, variable) =>
          report.reached.has(variable) || node.isImplicit
            ? []
            : [
                problem(
                  "E_PLAN_UNREACHABLE",
                  `${node.pointer}/when`,
                  `${quote(node.id)} never runs, whatever the outcomes`,
                ),
              ],
        );
  const idle = layout.nodes
    .filter((node, variable) => node.isImplicit && !report.reached.has(variable))
    .map((node) => node.id);
  return {
    problems: [...problems, ...unreached],
    idle: new Set(idle),
    worst: report.worst,
    stateCount: report.stateCount,
  };
}

function toProblem(
  finding: WalkFinding,
  from: { readonly layout: Layout; readonly watches: readonly NamedWatch[] },
): Problem {
  const { layout, watches } = from;
  const witness = describeWitness(finding.witness, layout);
  switch (finding.kind) {
    case "no_ending":
      return problem("E_PLAN_BRANCH_INCOMPLETE", "/steps", `nothing ends the plan when ${quote(witness)}`);
    case "two_endings": {
      const [first, second] = [layout.nodes[finding.first], layout.nodes[finding.second]].map((node) =>
        describeNode(node),
      );
      const claim = `both ${first} and ${second} end the plan${witness === "" ? "" : ` when ${quote(witness)}`}`;
      return problem(
        "E_PLAN_BRANCH_CONFLICT",
        layout.nodes[finding.second]?.pointer ?? "/steps",
        claim,
        "let one ending wait for everything, or give each a `when` of its own",
      );
    }
    case "forbidden": {
      const watch = watches[finding.watch];
      invariant(watch !== undefined, "a finding names a watch");
      return watch.tell(witness);
    }
  }
}

function describeNode(node: Node | undefined): string {
  if (node === undefined) return "a step";
  return node.isImplicit
    ? `the implicit ${quote(node.id)} behind ${node.after.slice(0, 3).map(quote).join(", ")}`
    : quote(node.id);
}

function describeWitness(witness: Witness, layout: Layout): string {
  return describeOutcomes(
    witness.map(({ variable, outcome }) => ({ stepId: layout.nodes[variable]?.id ?? "", outcome })),
  );
}
