import { type Problem, problem } from "../../value/codes.ts";
import { assertNever, invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { isEffort, mayStillLand } from "../ready/effort.ts";
import { type PreparedStep, stepAt } from "../ready/prepare.ts";
import type { EpochInput, Standing } from "../words/input.ts";
import type { EffortState, StepState } from "../words/state.ts";
import { drain } from "./advance.ts";
import { type Draft, emit } from "./draft.ts";
import { failStep } from "./fail.ts";
import { checkSpent, resend, sendRead } from "./intent.ts";
import { checkExpiry, doubt, findHold } from "./observed.ts";
import { isKeyed } from "./reply.ts";

/*
 * Time passing, and engines replacing one another. Neither guesses what became of a call: what an older engine sent without a
 * reply may have happened, and is sent again only under its own key (I3, I19).
 */

/** Decides a `tick`: whatever of this run is due by now. */
export function decideTick(draft: Draft): void {
  const { phase } = draft.run;
  if (phase.kind === "running" && draft.atMs >= draft.run.deadlineMs) {
    const { bounds } = draft.run.prepared.plan;
    drain(draft, {
      then: "escalated",
      problem: problem("E_BUDGET", "/bounds/durationMs", `the run has used its ${bounds.durationMs} ms`),
      by: null,
    });
  }
  if (draft.run.timedCount > 0) {
    for (const index of draft.run.calls) fireIfDue(draft, index);
  }
  // Each that is over is taken out by what is recorded of it.
  for (
    let { timers } = draft.run.others;
    timers !== null && timers.atMs <= draft.atMs;
    timers = draft.run.others.timers
  )
    fireIfDue(draft, timers.index);
}

function fireIfDue(draft: Draft, index: number): void {
  const state = vectorAt(draft.run.steps, index);
  if (isDue(state, draft.atMs)) fire(draft, stepAt(draft.run.prepared, index), state);
}

type TimedState = Extract<StepState, { readonly kind: "waiting" | "asking" | "backing_off" | "held" }>;

function isDue(state: StepState, atMs: number): state is TimedState {
  switch (state.kind) {
    case "waiting":
    case "asking":
    case "backing_off":
      return state.untilMs <= atMs;
    case "held":
      return state.untilMs === null || state.untilMs <= atMs;
    default:
      return false;
  }
}

function fire(draft: Draft, prepared: PreparedStep, state: TimedState): void {
  const { runId } = draft.run.prepared;
  const stepId = prepared.step.id;
  switch (state.kind) {
    case "waiting":
      return emit(draft, {
        kind: "step_settled",
        runId,
        stepId,
        outcome: "elapsed",
        facts: [],
        left: null,
        problem: null,
        by: null,
      });
    case "asking":
      return emit(draft, {
        kind: "step_settled",
        runId,
        stepId,
        outcome: "expired",
        facts: [],
        left: null,
        problem: null,
        by: null,
      });
    case "held":
      return releaseHeld(draft, prepared, state.untilMs);
    case "backing_off":
      return retry(draft, prepared, state);
    default:
      return assertNever(state);
  }
}

/** Goes on, or waits for the next thing: a freeze that came meanwhile, another run's use of the target. */
function releaseHeld(draft: Draft, prepared: PreparedStep, untilMs: number | null): void {
  invariant(prepared.call !== null, "only a call is held");
  const { runId } = draft.run.prepared;
  const hold = findHold(draft, prepared.call, prepared);
  if (hold !== null && hold.untilMs === untilMs) return;
  if (hold !== null) return emit(draft, { kind: "step_held", runId, stepId: prepared.step.id, ...hold });
  emit(draft, { kind: "step_released", runId, stepId: prepared.step.id });
}

/** The next try: afresh where nothing landed, the same key where something may have, and a read as it was. */
function retry(draft: Draft, prepared: PreparedStep, state: EffortState): void {
  const { phase } = draft.run;
  if (phase.kind === "killed" || phase.kind === "dirty") return;
  if (state.effort.access === "read") return retryRead(draft, prepared, state);
  if (mayStillLand(state.effort)) return repeatKey(draft, prepared, state);
  emit(draft, { kind: "step_released", runId: draft.run.prepared.runId, stepId: prepared.step.id });
}

function retryRead(draft: Draft, prepared: PreparedStep, state: EffortState): void {
  if (draft.run.phase.kind !== "running") return forgetRead(draft, prepared);
  if (draft.run.doubtCount > 0) return;
  if (state.kind === "backing_off" && !state.mayHaveLanded) {
    emit(draft, { kind: "step_released", runId: draft.run.prepared.runId, stepId: prepared.step.id });
    if (!prepared.readsFirst && prepared.call !== null) sendRead(draft, prepared, prepared.call);
    return;
  }
  resendRead(draft, prepared);
}

function resendRead(draft: Draft, prepared: PreparedStep): void {
  invariant(prepared.call !== null, "only a call is asked again");
  const over = checkSpent(draft.run, prepared.call);
  if (over !== null) return failStep(draft, prepared, { problem: over, touched: false, left: null, authority: true });
  resend(draft, prepared, "do");
}

/** Sends a key again. Forward that needs what every forward intent needs; the way back needs nothing (I1, I24). */
function repeatKey(
  draft: Draft,
  prepared: PreparedStep,
  state: EffortState,
  standing: Standing = { kind: "permitted" },
): void {
  invariant(
    prepared.call !== null && isKeyed(prepared.call, state),
    "only a key the target de-duplicates is sent again (I3)",
  );
  if (state.done !== null) return resend(draft, prepared, "undo");
  const withdrawn = standing.kind === "withdrawn" ? standing.problem : null;
  const refused =
    withdrawn ??
    checkExpiry(draft) ??
    checkSpent(draft.run, prepared.call) ??
    findHold(draft, prepared.call, prepared)?.problem ??
    null;
  if (refused !== null) return doubt(draft, prepared, refused);
  resend(draft, prepared, "do");
}

/** Decides an `epoch`: this engine gets no reply to what an older one sent. */
export function decideEpoch(draft: Draft, input: EpochInput): Problem | null {
  if (!Number.isSafeInteger(input.epoch)) return problem("E_INPUT_UNEXPECTED", "", `\`${input.epoch}\` is no epoch`);
  if (input.epoch <= draft.run.epoch)
    return problem("E_INPUT_STALE", "", `the run knows epoch ${draft.run.epoch} already`);
  const { runId } = draft.run.prepared;
  emit(draft, { kind: "epoch_changed", runId, epoch: input.epoch });
  for (const index of draft.run.calls) {
    const state = vectorAt(draft.run.steps, index);
    if (isEffort(state)) takeOver(draft, stepAt(draft.run.prepared, index), { state, standing: input.standing });
    // A freeze may have been lifted while no engine was there to tell the run, or one that died before it did.
    else fireIfDue(draft, index);
  }
  return null;
}

function takeOver(
  draft: Draft,
  prepared: PreparedStep,
  { state, standing }: { readonly state: EffortState; readonly standing: Standing },
): void {
  const direction = state.done === null ? "do" : "undo";
  const { runId } = draft.run.prepared;
  const lost = problem(
    "E_ENGINE_LOST",
    `/steps/${prepared.index}`,
    `the engine was replaced while \`${prepared.step.id}\` was in the air`,
  );
  const open = state.effort.attempts.filter((attempt) => attempt.status === "open");
  for (const { n, epoch } of open) {
    const attempt = { runId, stepId: prepared.step.id, direction, n, epoch } as const;
    emit(draft, {
      kind: "attempt_settled",
      runId,
      attempt,
      reply: { kind: "unknown", problem: lost, retryable: false },
    });
  }
  // A key that waits to be sent again would be, without another look at where it goes.
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
  if (now.kind === "verifying") return;
  if (draft.run.phase.kind === "killed" || draft.run.phase.kind === "dirty") {
    if (now.effort.access === "write") doubt(draft, prepared, lost);
    return;
  }
  if (now.effort.access === "read") return takeOverRead(draft, prepared);
  if (isKeyed(prepared.call, now)) return repeatKey(draft, prepared, now, standing);
  doubt(draft, prepared, lost);
}

/** A read is asked again whatever its tries: a crash is not an answer. A drained run does not wait for it. */
function takeOverRead(draft: Draft, prepared: PreparedStep): void {
  if (draft.run.phase.kind === "running") return resendRead(draft, prepared);
  forgetRead(draft, prepared);
}

/** A read that nobody waits for any more is over, and no reason for a run that is ending to end otherwise. */
function forgetRead(draft: Draft, prepared: PreparedStep): void {
  const { runId } = draft.run.prepared;
  const lost = problem(
    "E_ENGINE_LOST",
    `/steps/${prepared.index}`,
    `nobody waits for \`${prepared.step.id}\` any more`,
  );
  emit(draft, {
    kind: "step_failed",
    runId,
    stepId: prepared.step.id,
    touched: false,
    outcome: null,
    left: null,
    problem: lost,
  });
}
