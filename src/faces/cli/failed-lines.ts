import { type ScreenText, screen } from "../../core/value/screen.ts";
import { nameSome, nameStep } from "../../core/value/step-name.ts";
import type { CalledStep, FailedStep } from "../../interlock.ts";

/**
 * What failed and was not put right, for a person: what was touched first, because somebody has to look at it.
 *
 * @param nameOf - what people call a step; a list of runs does not know their plans, and names the target
 * @param becauseOf - what a step failed by, where that is known: its way back, or a person's word that it did nothing
 */
export function failedLines(
  failed: readonly FailedStep[],
  nameOf: (step: FailedStep) => string = nameByTarget,
  becauseOf: (step: FailedStep) => Because = () => null,
): readonly ScreenText[] {
  const named = Map.groupBy(failed, (step) => labelOf(step, becauseOf(step)));
  return labels.flatMap((label) => {
    const steps = named.get(label) ?? [];
    return steps.length === 0 ? [] : [screen`${label}: ${steps.map(nameOf).join(", ")}`];
  });
}

/**
 * What an ending that undid nothing, or not everything, leaves in the world, or may leave there. A way back that is
 * stuck leaves something there too. What it is stuck at is told apart: here stand the steps that were not begun.
 */
export function leftLines(
  run: { readonly outcome: string | null; readonly wrote: readonly string[]; readonly failed: readonly FailedStep[] },
  nameOf: (stepId: string) => string = (stepId) => stepId,
): readonly ScreenText[] {
  const { outcome, wrote, failed } = run;
  if (outcome === "succeeded" || outcome === "succeeded_in_part") return [];
  const isStuck = outcome === null || outcome === "dirty" || outcome === "killed";
  const left = isStuck ? wrote.filter((id) => !failed.some(({ stepId }) => stepId === id)) : wrote;
  if (left.length === 0) return [];
  const label = isStuck ? "written, and its way back was not begun" : "written and not undone";
  return [screen`${label}: ${nameSome(left.map(nameOf))}`];
}

/**
 * Steps that were read back although their call did not report success. The sentence of a run that reached its ending,
 * or its way back, names them itself.
 */
export function unacknowledgedLines(
  run: { readonly outcome: string | null; readonly unacknowledged: readonly CalledStep[] },
  nameOf: (step: CalledStep) => string = nameByTarget,
): readonly ScreenText[] {
  const { outcome, unacknowledged } = run;
  if (unacknowledged.length === 0 || (outcome !== null && namesThem.has(outcome))) return [];
  return [screen`read back, although the call did not report success: ${nameSome(unacknowledged.map(nameOf))}`];
}

const namesThem: ReadonlySet<string> = new Set(["succeeded", "succeeded_in_part", "compensated"]);

/** Invariants that a run broke, and that no reading has shown to hold again. */
export function brokenLines(
  broken: readonly { readonly name: string | null; readonly stepId: string | null }[],
  nameOf: (stepId: string) => string = (stepId) => stepId,
): readonly ScreenText[] {
  return broken.map(({ name, stepId }) => {
    if (name === null) return screen`it recorded something of invariants, and that is in an archive`;
    const where = stepId === null ? "" : `, found at ${nameOf(stepId)}`;
    return screen`invariant ${name} BROKEN${where}, and not seen to hold since`;
  });
}

/** `unknown`: a list of runs does not know whether the step failed or its way back did. */
type Because = "way_back" | "word" | "unknown" | null;

const labels = [
  "touched and not restored",
  "its way back failed, so it is not restored",
  "failed, touched and not restored",
  "failed, untouched on a person's word alone",
  "failed, nothing touched",
] as const;

function labelOf({ touched }: FailedStep, because: Because): (typeof labels)[number] {
  if (because === "way_back") return "its way back failed, so it is not restored";
  if (touched) return because === "unknown" ? "touched and not restored" : "failed, touched and not restored";
  return because === "word" ? "failed, untouched on a person's word alone" : "failed, nothing touched";
}

function nameByTarget({ stepId, target }: CalledStep): string {
  return nameStep({ id: stepId, action: null, target });
}
