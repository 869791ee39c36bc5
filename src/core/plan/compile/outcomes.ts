import { assertNever } from "../../value/invariant.ts";
import type { StepKind } from "../wire/proposal.ts";
import type { WorkStep } from "./expand-steps.ts";

/** The outcome of a step that did not run. */
export const notRun = "not_run";

/** What every probe can answer beside its declared outcomes. */
export const surpriseOutcomes: readonly string[] = ["none_of_these", "no_answer"];

/** Outcomes of a step that a `when` may read, `not_run` last; an ending has none but that one. */
export function readableOutcomes(step: WorkStep): readonly string[] {
  return [...outcomesWhenRun(step), notRun];
}

/** Outcomes a step can have when it runs; none for an ending, behind which nothing runs. */
export function outcomesWhenRun(step: WorkStep): readonly string[] {
  const { kind } = step.source;
  switch (kind) {
    case "act":
      return step.source.onFailure === "branch" ? ["done", "failed"] : ["done"];
    case "probe":
      return [...(step.action?.outcomes ?? []).map((outcome) => outcome.name), ...surpriseOutcomes];
    case "wait":
      return ["elapsed"];
    case "approve":
      return ["approved", "rejected", "expired"];
    case "escalate":
    case "end":
      return [];
    default:
      return assertNever(kind);
  }
}

/** Outcomes after which a step's output can be read. */
export function hasOutput(outcome: string): boolean {
  return outcome !== notRun && outcome !== "no_answer" && outcome !== "failed";
}

/** Whether a step of this kind ends the run. */
export function isEndingKind(kind: StepKind): boolean {
  return kind === "end" || kind === "escalate";
}
