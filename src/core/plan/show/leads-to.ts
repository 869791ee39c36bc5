import { parsePlanGuard } from "../../guard/plan-guard.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { type Digest, digest } from "../../value/digest.ts";
import { quote } from "../../value/text.ts";
import { countedFleets, fleetOf, mayGiveUp } from "../branches/counted-fleets.ts";
import { type FormulaId, FormulaTable } from "../branches/outcome-formula.ts";
import { earlierThan } from "../branches/step-graph.ts";
import { walkBranches } from "../branches/walk-branches.ts";
import type { WalkStep } from "../branches/walk-step.ts";
import { isCallStep, proposedKind, titleOf } from "../kinds/index.ts";
import { notRun, surpriseOutcomes } from "../kinds/outcomes.ts";
import type { ApproveStep, Plan, PlanStep } from "../plan.ts";

/** What one answer to a question of a plan leads to. */
export interface LeadsTo {
  readonly answer: "approved" | "rejected" | "expired";
  /** The steps behind the question that may run after this answer, in the order of the plan. */
  readonly steps: readonly { readonly id: string; readonly title: string; readonly writes: boolean }[];
}

/** A question of a plan, and what each answer to it leads to. It is a pure function of the plan. */
export interface AskedQuestion {
  readonly stepId: string;
  readonly question: string;
  readonly leadsTo: readonly LeadsTo[];
}

/** The question that a step asks; `null` if the plan has no such step, or it asks nothing. */
export function questionOf(plan: Plan, stepId: string): AskedQuestion | null {
  const step = plan.steps.find(({ id }) => id === stepId);
  if (step?.kind !== "approve") return null;
  const map = mapOf(plan);
  const answers = ["approved", "rejected", "expired"] as const;
  return { stepId, question: step.question, leadsTo: answers.map((answer) => leadsTo(plan, map, step, answer)) };
}

/** The digest of a question and of everything that each answer leads to: a signed answer names it. */
export function questionDigest(question: AskedQuestion): Digest {
  return digest("interlock.question/1", question);
}

/**
 * The writes of a plan that a no or a silence leads to. The compiler refuses them; a plan that an older release
 * compiled may have some.
 */
export function findSilentWrites(plan: Plan): readonly Problem[] {
  const { table, steps } = mapOf(plan);
  const findings = walkBranches(steps, { table, watches: [] })?.findings ?? [];
  return findings.flatMap((finding) => {
    if (finding.kind !== "silent_write") return [];
    const id = quote(plan.steps[finding.at]?.id ?? "");
    const claim = `${id} would write after a no or a silence: a release that did not refuse that made this plan`;
    return [problem("E_PLAN_SILENT_WRITE", `/steps/${finding.at}`, claim)];
  });
}

interface PlanMap {
  readonly table: FormulaTable;
  readonly steps: readonly WalkStep[];
}

function leadsTo(plan: Plan, { table, steps }: PlanMap, step: ApproveStep, answer: LeadsTo["answer"]): LeadsTo {
  const variable = plan.steps.indexOf(step);
  const outcome = outcomesOf(step).indexOf(answer);
  const report = walkBranches(steps, { table, watches: [], given: { variable, outcome } });
  const behind = behindOf(plan, step.id);
  // Where too much is open to walk it all, everything behind the question may run.
  const may = plan.steps.filter((other, at) => behind.has(other.id) && (report?.reached.has(at) ?? true));
  return { answer, steps: may.map((other) => ({ id: other.id, title: titleOf(other), writes: isWrite(other) })) };
}

/** The steps that wait for a step, directly or not. A plan stands in topological order. */
function behindOf(plan: Plan, stepId: string): ReadonlySet<string> {
  const behind = new Set<string>();
  for (const { id, after } of plan.steps)
    if (after.some((earlier) => earlier === stepId || behind.has(earlier))) behind.add(id);
  return behind;
}

function mapOf(plan: Plan): PlanMap {
  const variableOf = new Map(plan.steps.map(({ id }, variable) => [id, variable]));
  const fleets = countedFleets(plan.steps);
  const outcomes = plan.steps.map((step) => [
    ...(fleetOf(step, fleets) === null ? outcomesOf(step) : ["done"]),
    notRun,
  ]);
  const table = new FormulaTable({
    outcomesOf: (variable) => outcomes[variable] ?? [],
    variableOf: (id) => variableOf.get(id),
  });
  const hasRun = (id: string): FormulaId => {
    const variable = variableOf.get(id) ?? 0;
    return table.notAtom(variable, [(outcomes[variable] ?? []).length - 1]);
  };
  const wasNotDenied = (id: string): FormulaId => {
    const variable = variableOf.get(id) ?? 0;
    const asked = plan.steps[variable];
    const names = outcomes[variable] ?? [];
    return table.notAtom(
      variable,
      asked?.kind === "approve" ? proposedKind("approve").silences.map((outcome) => names.indexOf(outcome)) : [],
    );
  };
  const stepsById = new Map(plan.steps.map((step) => [step.id, step]));
  const givingUp = mayGiveUp(
    plan.steps.map((step) => ({
      fleet: fleetOf(step, fleets),
      failures: step.kind === "wait" ? (step.failures ?? null) : null,
    })),
  );
  const steps = plan.steps.map((step, variable): WalkStep => {
    const failures = step.kind === "wait" ? step.failures : undefined;
    const when = parsePlanGuard(step.when);
    const runs = when === null ? table.all(step.after.map(hasRun)) : table.fromGuard(when);
    const silent = proposedKind(step.kind).silences;
    return {
      outcomes: outcomes[variable] ?? [],
      isEnding: proposedKind(step.kind).isEnding,
      runs,
      // As the gate lays it out: a write asks every question on the way to it.
      voiced: table.all([runs, ...(isWrite(step) ? [...earlierThan(step, stepsById)] : step.after).map(wasNotDenied)]),
      silences: silent.map((outcome) => (outcomes[variable] ?? []).indexOf(outcome)),
      isWrite: isWrite(step),
      cost: [],
      ...(failures === undefined
        ? {}
        : {
            limit: {
              of: failures.of,
              mayGiveUp: givingUp[variable] ?? false,
              after: step.after.flatMap((id) => variableOf.get(id) ?? []),
            },
          }),
    };
  });
  return { table, steps };
}

function outcomesOf(step: PlanStep): readonly string[] {
  if (isCallStep(step)) {
    if (step.kind === "probe") return [...step.outcomes.map(({ name }) => name), ...surpriseOutcomes];
    return step.onFailure === "branch" ? ["done", "failed"] : ["done"];
  }
  if (step.kind === "approve") return ["approved", "rejected", "expired"];
  return step.kind === "wait" ? ["elapsed"] : ["ended"];
}

function isWrite(step: PlanStep): boolean {
  return isCallStep(step) && step.class !== "read";
}
