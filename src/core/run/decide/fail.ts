import type { Problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import type { PreparedStep } from "../ready/prepare.ts";
import type { ObservedObject } from "../words/input.ts";
import { drain } from "./advance.ts";
import { type Draft, emit } from "./draft.ts";

/** Why and how a step failed. */
export interface Failure {
  readonly problem: Problem;
  /** Whether its effect is in the world. */
  readonly touched: boolean;
  /** The target as the failed post-read saw it. */
  readonly left: ObservedObject | null;
  /** What failed is the permission to go on and not the step: no branch of the plan may answer that. */
  readonly authority: boolean;
}

/** Records a failed step and what the plan declared for it: its `failed` branch, the way back, or a person. */
export function failStep(draft: Draft, prepared: PreparedStep, failure: Failure): void {
  invariant(prepared.call !== null, "only a call fails");
  const { onFailure } = prepared.call;
  const isBranch = onFailure === "branch" && !failure.authority && draft.run.phase.kind === "running";
  emit(draft, {
    kind: "step_failed",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    touched: failure.touched,
    outcome: isBranch ? "failed" : null,
    left: failure.left,
    problem: failure.problem,
  });
  if (!isBranch)
    drain(draft, { then: onFailure === "rollback" ? "compensated" : "escalated", problem: failure.problem, by: null });
}
