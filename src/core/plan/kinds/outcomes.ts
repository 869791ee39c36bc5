/** The outcome of a step that did not run. */
export const notRun = "not_run";

/** The outcome of a probe that did not answer. */
export const noAnswer = "no_answer";

/** What every probe can answer beside its declared outcomes. */
export const surpriseOutcomes: readonly string[] = ["none_of_these", noAnswer];

/** Whether a step with this outcome has an output that can be read. */
export function hasOutput(outcome: string): boolean {
  return outcome !== notRun && outcome !== noAnswer && outcome !== "failed";
}
