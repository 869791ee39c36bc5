import { holds } from "../../guard/plan-guard.ts";
import { orderWayBack } from "../../plan/branches/way-back.ts";
import type { EndStep } from "../../plan/plan.ts";
import { problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { chainItems } from "../collections/chain.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { dequeue } from "../collections/queue.ts";
import { aloneEnding } from "../due/due.ts";
import { stepAt } from "../ready/prepare.ts";
import { sayAsked, sayKilled, whoSays } from "../words/asked.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { RunPhase, RunState } from "../words/state.ts";
import { hasOpenAttempt, isEffort, mayStillLand, operationOf } from "../words/step.ts";
import { sayUndone, wordsIn } from "./account.ts";
import { beginStep } from "./begin-step.ts";
import { type Draft, emit } from "./draft.ts";
import { drain, endReached, endRun, soil } from "./turn.ts";

/*
 * What follows by itself from what was just recorded, in the same commit: branches are taken, reads and waits begin, a
 * drained run ends or turns round, the next step is undone. It runs to a fixed point at the end of every decision, so
 * that after a commit a run waits for the outside and for nothing else.
 */

/** Takes a draft to the point where its run waits for the outside, or has ended. */
export function advance(draft: Draft): void {
  for (;;) {
    const phase = draft.run.phase;
    const eventCount = draft.events.length;
    if (phase.kind === "running") advanceForward(draft);
    else if (phase.kind === "draining") advanceDrain(draft, phase);
    else if (phase.kind === "compensating") advanceUndo(draft, phase);
    else if (phase.kind === "killed") advanceKilled(draft, phase);
    if (draft.events.length === eventCount) return;
  }
}

function advanceForward(draft: Draft): void {
  while (draft.run.phase.kind === "running") {
    const first = dequeue(draft.entered);
    if (first === null) break;
    draft.entered = first.queue;
    takeUp(draft, stepAt(draft.run.prepared, first.index));
  }
  if (draft.run.phase.kind === "running") tryEnd(draft);
}

/** Takes a step that came up, or skips it. */
function takeUp(draft: Draft, prepared: PreparedStep): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  if (state.kind !== "ready") return;
  const runId = draft.run.prepared.runId;
  if (!isTaken(draft.run, prepared)) return emit(draft, { kind: "step_skipped", runId, stepId: prepared.step.id });
  beginStep(draft, prepared);
}

/**
 * Whether a branch is taken: no more steps of its fleet failed than may, and its formula over outcomes holds or, if it
 * has none, every step it waits for ran.
 */
function isTaken(run: RunState, prepared: PreparedStep): boolean {
  const { failures } = prepared;
  // A run has a count for each fleet that its prepared plan numbers.
  if (failures !== null && (run.failedCounts[failures.fleet] as number) > failures.max) return false;
  if (prepared.when === null) return prepared.after.every((index) => vectorAt(run.steps, index).kind !== "skipped");
  return holds(prepared.when, (name) => {
    const index = run.prepared.indexById.get(name);
    invariant(index !== undefined, "a branch is taken on outcomes of the plan's own steps");
    const state = vectorAt(run.steps, index);
    if (state.kind === "skipped") return "not_run";
    invariant(
      "outcome" in state && state.outcome !== null,
      "a branch comes up when the steps it names have an outcome",
    );
    return state.outcome;
  });
}

/**
 * Ends the run once nothing but its ending is left. A run with nothing left at all has a plan that the compiler
 * misjudged.
 */
function tryEnd(draft: Draft): void {
  const { run } = draft;
  if (run.calls.length === 0 && run.others.count === 0)
    return drain(draft, {
      then: "escalated",
      problem: problem("E_NO_ENDING", "", "nothing is left to do and no ending was reached"),
      by: null,
    });
  const ending = aloneEnding(run);
  if (ending !== null && readsNothing(run, ending)) endReached(draft, { holdsGoal: false });
}

/** Whether there is nothing to read at an ending: no goal, and no invariant that the run may have broken. */
function readsNothing({ prepared, others }: RunState, { reads }: EndStep): boolean {
  if (reads.length > 0 || prepared.goal !== null || others.ending === null) return false;
  return stepAt(prepared, others.ending).alongside.length === 0;
}

function advanceDrain(draft: Draft, phase: RunPhase & { readonly kind: "draining" }): void {
  if (draft.run.calls.length > 0) return;
  if (phase.then !== "compensated")
    return endRun(draft, phase.then, phase.problem?.message ?? sayAsked(phase.by, phase.reason));
  // Nothing was written, so nothing is put right, and the run must not be called compensated.
  if (draft.run.touched === null) return endUntouched(draft, phase);
  const { prepared, touched } = draft.run;
  const idOf = (index: number): string => stepAt(prepared, index).step.id;
  const { order, covered } = orderWayBack(prepared.thenRuns, chainItems(touched));
  emit(draft, {
    kind: "compensation_started",
    runId: prepared.runId,
    order: order.map(idOf),
    ...(covered.length === 0
      ? {}
      : { covered: covered.map(({ by, steps }) => ({ by: idOf(by), steps: steps.map(idOf) })) }),
  });
}

/** Ends a run that wrote nothing. The end says what stopped it, not that something was undone. */
function endUntouched(draft: Draft, phase: RunPhase & { readonly kind: "draining" }): void {
  if (phase.problem === null)
    return endRun(
      draft,
      "stopped",
      `nothing had been written when the way back was asked for by ${whoSays(phase.by, phase.reason)}`,
    );
  const what = wordsIn(draft.run).length === 0 ? "nothing" : "nothing else";
  endRun(draft, "escalated", `${phase.problem.message}; ${what} was written`);
}

function advanceUndo(draft: Draft, phase: RunPhase & { readonly kind: "compensating" }): void {
  if (coverSteps(draft, phase)) return;
  const index = phase.order[phase.position];
  if (index === undefined) return endRun(draft, "compensated", sayUndone(draft.run));
  const { call, step } = stepAt(draft.run.prepared, index);
  const state = vectorAt(draft.run.steps, index);
  // What a person said of it is read first, whether the step has a way back or not.
  const isClaimed = state.kind === "undo_ready" && state.claim !== undefined;
  if (call !== null && call.compensation === null && !isClaimed)
    soil(draft, step.id, problem("E_COMPENSATION_MISSING", `/steps/${index}`, `\`${step.id}\` has no way back`));
}

/** Records which steps the action that has just run has put right. Says whether there were any. */
function coverSteps(draft: Draft, { order, position, covered }: RunPhase & { readonly kind: "compensating" }): boolean {
  const last = position === 0 ? undefined : order[position - 1];
  const steps = covered?.find(({ by }) => by === last)?.steps ?? [];
  const left = steps.filter((index) => vectorAt(draft.run.steps, index).kind !== "undone");
  const { runId } = draft.run.prepared;
  for (const index of left) {
    const stepId = stepAt(draft.run.prepared, index).step.id;
    emit(draft, { kind: "step_compensated", runId, stepId, how: "covered", facts: [], left: null });
  }
  return left.length > 0;
}

/** A killed run ends as soon as nothing is in the air. If something is in doubt, it waits for a person. */
function advanceKilled(draft: Draft, phase: RunPhase & { readonly kind: "killed" }): void {
  const isQuiet = draft.run.calls.every((index) => {
    const state = vectorAt(draft.run.steps, index);
    if (!isEffort(state)) return true;
    // A read changes nothing, so one that was given up leaves nothing to wait for.
    const { effort } = state;
    // Its system goes on with it, and nobody asks any more.
    if (operationOf(state) !== undefined) return false;
    return state.kind !== "in_doubt" && !(effort.access === "read" ? hasOpenAttempt(effort) : mayStillLand(effort));
  });
  if (isQuiet) endRun(draft, "stopped", sayKilled(phase.by, phase.reason));
}
