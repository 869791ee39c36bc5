import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { isKeyed } from "../ready/direction.ts";
import { stepAt } from "../ready/prepare.ts";
import type { EpochInput, Standing } from "../words/input.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { directionOf, type EffortState, isEffort } from "../words/step.ts";
import { type Draft, emit } from "./draft.ts";
import { cancelIfStopped } from "./operate.ts";
import { forgetRead, repeatKey, resendRead } from "./retry.ts";
import { fireIfDue } from "./time.ts";
import { doubt } from "./turn.ts";

/*
 * A new engine takes over a run. It never guesses what became of a call: one that an older engine sent, and that has no
 * reply, may have happened. It is sent again only under its own key (I3, I19).
 */

/** Decides an `epoch`: this engine gets no reply to the calls of older ones. */
export function decideEpoch(draft: Draft, input: EpochInput): Problem | null {
  if (!Number.isSafeInteger(input.epoch))
    return problem("E_INPUT_UNEXPECTED", "", `\`${input.epoch}\` is not an epoch`);
  if (input.epoch <= draft.run.epoch)
    return problem("E_INPUT_STALE", "", `the run knows epoch ${draft.run.epoch} already`);
  const { runId } = draft.run.prepared;
  emit(draft, { kind: "epoch_changed", runId, epoch: input.epoch });
  for (const index of draft.run.calls) {
    const state = vectorAt(draft.run.steps, index);
    if (isEffort(state)) takeOver(draft, stepAt(draft.run.prepared, index), { state, standing: input.standing });
    // A freeze may have been lifted while no engine was running, or its engine may have died before it told the run.
    else fireIfDue(draft, index);
  }
  return null;
}

function takeOver(
  draft: Draft,
  prepared: PreparedStep,
  { state, standing }: { readonly state: EffortState; readonly standing: Standing },
): void {
  const { runId } = draft.run.prepared;
  const stepId = prepared.step.id;
  const lost = problem(
    "E_ENGINE_LOST",
    `/steps/${prepared.index}`,
    `the engine was replaced while \`${stepId}\` was in the air`,
  );
  const open = state.effort.attempts.filter((attempt) => attempt.status === "open");
  for (const { n, epoch } of open) {
    const attempt = { runId, stepId, direction: directionOf(state), n, epoch };
    emit(draft, {
      kind: "attempt_settled",
      runId,
      attempt,
      reply: { kind: "unknown", problem: lost, retryable: false },
    });
  }
  // When its pause is over, a key is sent again without anybody checking where it would go now.
  const isStranded =
    standing.kind === "withdrawn" &&
    state.kind === "backing_off" &&
    state.mayHaveLanded &&
    state.done === null &&
    state.effort.access === "write";
  if (isStranded) return doubt(draft, prepared, standing.problem);
  if (open.length === 0) return;
  const now = vectorAt(draft.run.steps, prepared.index);
  invariant(isEffort(now) && prepared.call !== null, "an effort goes on under a new engine");
  // An operation that was started is asked about (I27).
  if (now.effort.operation !== undefined) return cancelIfStopped(draft, prepared);
  if (now.kind === "verifying") return;
  if (draft.run.phase.kind === "killed" || draft.run.phase.kind === "dirty") {
    if (now.effort.access === "write") doubt(draft, prepared, lost);
    return;
  }
  if (now.effort.access === "read") {
    // A crash is not an answer: the read is asked again however often it was tried. A run that drains does not wait for
    // it.
    return draft.run.phase.kind === "running" ? resendRead(draft, prepared) : forgetRead(draft, prepared);
  }
  if (isKeyed(prepared.call, now)) return repeatKey(draft, prepared, now, standing);
  doubt(draft, prepared, lost);
}
