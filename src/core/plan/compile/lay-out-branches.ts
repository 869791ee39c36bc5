import { invariant } from "../../value/invariant.ts";
import { ancestorBits, hasBit } from "../branches/ancestor-bits.ts";
import { always, type FormulaId, FormulaTable, never } from "../branches/outcome-formula.ts";
import { isCallStep, proposedKind } from "../kinds/index.ts";
import { notRun } from "../kinds/outcomes.ts";
import type { FailureLimit, PlanStep } from "../plan.ts";
import type { BoundStep } from "./binding.ts";
import type { ImplicitEndings } from "./implicit-endings.ts";
import type { BranchStep } from "./read-conditions.ts";
import type { When } from "./when.ts";
import { isEnding, outcomesWhenRun } from "./work-step.ts";

/** What the check of the branches is about. */
export interface BranchPlan {
  /** The proposed steps in topological order. */
  readonly steps: readonly BranchStep[];
  readonly implicit: ImplicitEndings;
  readonly bound: ReadonlyMap<string, BoundStep>;
  /** The same steps and the implicit endings, as they were built. */
  readonly built: readonly PlanStep[];
}

/** A step as the walk sees it; its place in the list is its variable. */
export interface BranchNode {
  readonly id: string;
  readonly pointer: string;
  readonly isEnding: boolean;
  readonly isImplicit: boolean;
  readonly after: readonly string[];
  readonly when: When;
  /** What the step changes: its target and facts; empty if it writes nothing. */
  readonly writes: readonly string[];
  /** Outcomes of it that are a no or a silence. */
  readonly silences: readonly string[];
  readonly asksPerson: boolean;
  /** The fleet in which its failure counts, or `null`. */
  readonly fleet: string | null;
  /** How many failures of a fleet it lets pass; `null` for a step that counts none. */
  readonly failures: FailureLimit | null;
}

/** The plan as formulas over the outcomes of its steps. */
export interface Layout {
  /** Proposed steps first, then implicit endings. */
  readonly nodes: readonly BranchNode[];
  readonly variableOf: ReadonlyMap<string, number>;
  /** Outcomes of each variable, `not_run` last. */
  readonly outcomes: readonly (readonly string[])[];
  readonly table: FormulaTable;
  /** When each variable runs. */
  readonly runs: readonly FormulaId[];
  /** The same, and that every question it waits for was answered yes or was not asked. */
  readonly voiced: readonly FormulaId[];
}

/** Writes the conditions of a plan's steps as formulas over outcomes. */
export function layOutBranches(plan: BranchPlan): Layout {
  const counted = new Set(plan.steps.flatMap(({ step }) => step.failures?.of ?? []));
  const nodes = [...proposedNodes(plan, counted), ...implicitNodes(plan)];
  const variableOf = new Map(nodes.map((node, variable) => [node.id, variable]));
  const outcomes = [
    ...plan.steps.map((entry) => [...runOutcomes(entry, { plan, counted }), notRun]),
    ...plan.implicit.endings.map(() => ["ended", notRun]),
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
  const wasNotDenied = (id: string): FormulaId => {
    const variable = variableOf.get(id);
    const asked = variable === undefined ? undefined : nodes[variable];
    if (variable === undefined || asked?.asksPerson !== true) return always;
    const names = outcomes[variable] ?? [];
    return table.notAtom(
      variable,
      asked.silences.map((outcome) => names.indexOf(outcome)),
    );
  };
  const questions = nodes.flatMap(({ asksPerson }, variable) => (asksPerson ? [variable] : []));
  const ancestors = questions.length === 0 ? [] : ancestorBits(nodes);
  const voiced = nodes.map((node, variable) => {
    // A write asks every question on the way to it: steps in between could name each of their outcomes, and so forget
    // what they wait for.
    const asked =
      node.writes.length > 0
        ? questions.flatMap((question) => (hasBit(ancestors[variable], question) ? (nodes[question]?.id ?? []) : []))
        : node.after;
    return table.all([runs[variable] ?? never, ...asked.map(wasNotDenied)]);
  });
  return { nodes, variableOf, outcomes, table, runs, voiced };
}

function proposedNodes({ steps, built }: BranchPlan, counted: ReadonlySet<string>): readonly BranchNode[] {
  const writes = new Map(built.map((step) => [step.id, writesOf(step)]));
  return steps.map(({ step, when }) => ({
    id: step.id,
    pointer: step.pointer,
    isEnding: isEnding(step),
    isImplicit: false,
    after: step.after,
    when,
    writes: writes.get(step.id) ?? [],
    silences: proposedKind(step.source.kind).silences,
    asksPerson: proposedKind(step.source.kind).asksPerson,
    fleet: step.wave !== null && counted.has(step.wave.of) ? step.wave.of : null,
    failures: step.failures,
  }));
}

function implicitNodes({ implicit }: BranchPlan): readonly BranchNode[] {
  return implicit.endings.map(({ id, after, when }) => ({
    id,
    pointer: "/steps",
    isEnding: true,
    isImplicit: true,
    after,
    when,
    writes: [],
    silences: [],
    asksPerson: false,
    fleet: null,
    failures: null,
  }));
}

/**
 * The object a step writes and the facts it changes. Its locks are wider: hosts that share a controller may move
 * together.
 */
function writesOf(step: PlanStep): readonly string[] {
  if (!isCallStep(step) || step.class === "read") return [];
  const facts = [...step.during, ...step.effect].map((change) => change.fact);
  return [...new Set([step.target ?? "the domain", ...facts])];
}

/**
 * A step whose outcomes nobody reads goes on or fails; for the branches that is one outcome. So it is for one whose
 * failures are only counted: whether there were too many is the barrier's choice (`WalkLimit`).
 */
function runOutcomes({ step }: BranchStep, from: { readonly plan: BranchPlan; readonly counted: ReadonlySet<string> }) {
  if (isEnding(step)) return ["ended"];
  const isCounted = step.wave !== null && from.counted.has(step.wave.of);
  return isCounted || from.plan.implicit.unread.has(step.id) ? ["done"] : outcomesWhenRun(step);
}
