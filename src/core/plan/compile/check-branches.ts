import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { mayGiveUp } from "../branches/counted-fleets.ts";
import {
  type WalkFinding,
  type WalkReport,
  type Witness,
  walkBranches,
  walkStatesMax,
} from "../branches/walk-branches.ts";
import { stepCost } from "./bounds.ts";
import type { Passed } from "./compilation.ts";
import { describeOutcomes } from "./implicit-endings.ts";
import { type BranchNode, type BranchPlan, type Layout, layOutBranches } from "./lay-out-branches.ts";
import { type NamedWatch, watchBranches } from "./watch-branches.ts";

/** What the walk over all outcomes gave. */
export interface BranchReport {
  /** Implicit endings that no path reaches. */
  readonly idle: ReadonlySet<string>;
  /** The dearest path's cost in each dimension (`stepCost`). */
  readonly worst: readonly number[];
  readonly stateCount: number;
}

/**
 * Pass 8. Shows that every assignment of outcomes that a run can reach leads to exactly one ending; that an output is
 * there whenever it is read; that nothing goes on behind an outcome the plan does not foresee; that no two steps write
 * the same thing, or do what goes in waves, side by side; that nothing is written because of a no or a silence; and
 * that every step can run at all.
 */
export function checkBranches(plan: BranchPlan): Passed<BranchReport> {
  const layout = layOutBranches(plan);
  const watches = watchBranches(plan, layout);
  const costs = new Map(plan.built.map((step) => [step.id, stepCost(step)]));
  const givingUp = mayGiveUp(layout.nodes);
  const steps = layout.nodes.map((node, variable) => ({
    outcomes: layout.outcomes[variable] ?? [],
    isEnding: node.isEnding,
    runs: layout.runs[variable] ?? 0,
    voiced: layout.voiced[variable] ?? 0,
    silences: node.silences.map((outcome) => (layout.outcomes[variable] ?? []).indexOf(outcome)),
    isWrite: node.writes.length > 0,
    cost: costs.get(node.id) ?? [],
    ...(node.failures === null
      ? {}
      : {
          limit: {
            of: node.failures.of,
            mayGiveUp: givingUp[variable] ?? false,
            after: node.after.flatMap((id) => layout.variableOf.get(id) ?? []),
          },
        }),
  }));
  const report = walkBranches(steps, { table: layout.table, watches });
  if (report !== undefined) return toBranchReport({ layout, watches, report });
  const claim = `more than ${walkStatesMax} combinations of outcomes are open at the same time`;
  return {
    value: { idle: new Set(), worst: [], stateCount: walkStatesMax },
    problems: [problem("E_PLAN_BRANCH_LIMIT", "/steps", claim)],
  };
}

function toBranchReport(from: {
  readonly layout: Layout;
  readonly watches: readonly NamedWatch[];
  readonly report: WalkReport;
}): Passed<BranchReport> {
  const { layout, watches, report } = from;
  const told = report.findings.map((finding) => toProblem(finding, { layout, watches }));
  // A step that goes on where the plan escalates has been told so: that it would write there too is an echo.
  const places = new Set(told.flatMap(({ code, pointer }) => (code === "E_PLAN_BRANCH_CONFLICT" ? [pointer] : [])));
  const problems = told.filter(({ code, pointer }) => code !== "E_PLAN_SILENT_WRITE" || !places.has(pointer));
  const unreached = layout.nodes.filter((_, variable) => !report.reached.has(variable));
  const idle = new Set(unreached.filter((node) => node.isImplicit).map((node) => node.id));
  return {
    value: { idle, worst: report.worst, stateCount: report.stateCount },
    // Where the branches themselves are wrong, a step that never runs is an echo of that.
    problems: problems.length > 0 ? problems : unreached.filter((node) => !node.isImplicit).map(refuseUnreached),
  };
}

function refuseUnreached({ id, pointer }: BranchNode): Problem {
  return problem("E_PLAN_UNREACHABLE", `${pointer}/when`, `${quote(id)} never runs, whatever the outcomes`);
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
      const [first, second] = [layout.nodes[finding.first], layout.nodes[finding.second]];
      const both = `both ${describeNode(first)} and ${describeNode(second)} end the plan`;
      const claim = witness === "" ? both : `${both} when ${quote(witness)}`;
      // A `when` cannot be given to an ending that the compiler adds.
      const hint =
        first?.isImplicit === true && second?.isImplicit === true
          ? "say `onFailure: rollback` of all these probes or of none, or add an ending that reads these outcomes"
          : "let one ending wait for everything, or give each a `when` of its own";
      return problem("E_PLAN_BRANCH_CONFLICT", second?.pointer ?? "/steps", claim, hint);
    }
    case "silent_write": {
      const node = layout.nodes[finding.at];
      const claim = `${describeNode(node)} would write when ${quote(witness)}: a no or a silence leads to no write`;
      return problem("E_PLAN_SILENT_WRITE", `${node?.pointer ?? "/steps"}/when`, claim);
    }
    case "forbidden": {
      const watch = watches[finding.watch];
      invariant(watch !== undefined, "a finding names a watch");
      return watch.tell(witness);
    }
  }
}

function describeNode(node: BranchNode | undefined): string {
  if (node === undefined) return "a step";
  if (!node.isImplicit) return quote(node.id);
  return `the implicit ${quote(node.id)} behind ${node.after.slice(0, 3).map(quote).join(", ")}`;
}

function describeWitness(witness: Witness, { nodes }: Layout): string {
  return describeOutcomes(witness.map(({ variable, outcome }) => ({ stepId: nodes[variable]?.id ?? "", outcome })));
}
