import type { CallStep } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { limits } from "../../value/limits.ts";
import { describeUsd, exceedsUsd } from "../../value/usd.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { RunState } from "../words/state.ts";
import { attemptsOf } from "../words/step.ts";
import type { Draft } from "./draft.ts";

/*
 * What a run needs for its next forward step: an authorization that has not expired (I1), and bounds that are not used
 * up (I15). The way back needs neither (I24).
 */

/** The problem, if what entitled the run to write has expired (I1). */
export function checkExpiry(draft: Draft): Problem | null {
  const { authorization } = draft.run;
  invariant(
    authorization !== null && authorization.kind !== "read_only",
    "a run that writes was authorized to write (I1)",
  );
  return draft.atMs < authorization.expiresAtMs
    ? null
    : problem("E_APPROVAL_EXPIRED", "", "the approval expired while the run was under way");
}

/** The problem, if the next intent of a step would leave the plan's bounds (I15). */
export function checkBudget(run: RunState, prepared: PreparedStep, atMs: number): Problem | null {
  invariant(prepared.call !== null, "only a call has an intent");
  if (atMs >= run.deadlineMs) return durationUsed(run);
  const isBegun = attemptsOf(vectorAt(run.steps, prepared.index)).length > 0;
  return (isBegun ? null : checkStepCount(run)) ?? checkSpent(run, prepared.call);
}

/** The problem of a run whose time is over. */
export function durationUsed({ prepared }: RunState): Problem {
  return problem("E_BUDGET", "/bounds/durationMs", `the run has used its ${prepared.plan.bounds.durationMs} ms`);
}

/** The problem, if no further step may begin. */
export function checkStepCount({ spent, prepared }: RunState): Problem | null {
  const { stepCount } = prepared.plan.bounds;
  return spent.stepCount < stepCount
    ? null
    : problem("E_BUDGET", "/bounds/stepCount", `the run has begun its ${stepCount} steps`);
}

/**
 * The problem, if no further call may be sent. Time is not asked, so that a call under way may be repeated after it. A
 * plan that only reads runs without an approval, so it has less than its own bounds: nobody has looked at them.
 */
export function checkSpent(run: RunState, call: CallStep): Problem | null {
  const { spent } = run;
  const { bounds } = run.prepared.plan;
  const callCount = isUnapproved(run) ? Math.min(bounds.callCount, limits.unapprovedCallsCountMax) : bounds.callCount;
  const outputBytes = isUnapproved(run)
    ? Math.min(bounds.outputBytes, limits.unapprovedOutputBytesMax)
    : bounds.outputBytes;
  if (spent.callCount + 1 > callCount) return used(run, "/bounds/callCount", `${callCount} calls`);
  if (exceedsUsd(spent.costUsd + call.costUsd, bounds.costUsd))
    return used(run, "/bounds/costUsd", describeUsd(bounds.costUsd));
  return spent.outputBytes > outputBytes ? used(run, "/bounds/outputBytes", `${outputBytes} bytes of output`) : null;
}

function isUnapproved({ authorization }: RunState): boolean {
  return authorization?.kind === "read_only";
}

function used(run: RunState, pointer: string, what: string): Problem {
  return isUnapproved(run)
    ? problem(
        "E_BUDGET",
        pointer,
        `the run has used its ${what}; nobody has approved it`,
        "propose less, or have a person approve the plan",
      )
    : problem("E_BUDGET", pointer, `the run has used its ${what}`);
}
