/** The outcome of a step that did not run. */
export const notRun = "not_run";

/** What every probe can answer beside its declared outcomes. */
export const surpriseOutcomes: readonly string[] = ["none_of_these", "no_answer"];

/** Whether a step with this outcome has an output that can be read. */
export function hasOutput(outcome: string): boolean {
  return outcome !== notRun && outcome !== "no_answer" && outcome !== "failed";
}
