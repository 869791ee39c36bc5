import type { ApproveStep, CallStep, EndStep, EscalateStep, PlanStep, WaitStep } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { chainItems, dequeue, isQueueEmpty } from "../collections/chain.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { isEffort, mayStillLand, wasApplied } from "../ready/effort.ts";
import { type PreparedStep, stepAt } from "../ready/prepare.ts";
import { holds } from "../ready/run-guard.ts";
import type { DrainGoal, RunOutcome } from "../words/event.ts";
import type { RunPhase, RunState } from "../words/state.ts";
import { type Draft, emit } from "./draft.ts";
import { checkStepCount, sendRead } from "./intent.ts";
import { reasonGiven } from "./reason.ts";

/*
 * What follows by itself from what has just been recorded, in the same commit: branches are taken, reads and waits begin, a
 * drained run ends or turns round, the next step is undone. It runs to a fixed point at the end of every decision, so that
 * after a commit nothing is left that only needs thinking.
 */

/** Takes a draft to the point where the run waits for the outside or has ended. */
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

/** Begins to drain, or turns a drain to a stronger end: undoing outranks escalating, which outranks stopping. */
export function drain(
  draft: Draft,
  from: {
    readonly then: DrainGoal;
    readonly problem: Problem | null;
    readonly by: (RunPhase & { readonly kind: "draining" })["by"];
    readonly reason?: string;
  },
): void {
  const phase = draft.run.phase;
  if (phase.kind === "draining" && rank[phase.then] >= rank[from.then]) return;
  if (phase.kind !== "running" && phase.kind !== "draining") return;
  emit(draft, {
    kind: "run_draining",
    runId: draft.run.prepared.runId,
    then: from.then,
    by: from.by,
    problem: from.problem,
    ...reasonGiven(from.reason),
  });
}

const rank: Readonly<Record<DrainGoal, number>> = { stopped: 0, escalated: 1, compensated: 2 };

function advanceForward(draft: Draft): void {
  while (draft.run.phase.kind === "running") {
    const first = dequeue(draft.entered);
    if (first === null) break;
    draft.entered = first.queue;
    takeUp(draft, stepAt(draft.run.prepared, first.index));
  }
  if (draft.run.phase.kind === "running") tryEnd(draft);
}

/** A step has come up: its branch is taken or not. */
function takeUp(draft: Draft, prepared: PreparedStep): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  if (state.kind !== "ready") return;
  const runId = draft.run.prepared.runId;
  if (!isTaken(draft.run, prepared)) return emit(draft, { kind: "step_skipped", runId, stepId: prepared.step.id });
  beginStep(draft, prepared, prepared.step);
}

function beginStep(draft: Draft, prepared: PreparedStep, step: PlanStep): void {
  const runId = draft.run.prepared.runId;
  const over = step.kind === "wait" || step.kind === "approve" ? checkStepCount(draft.run) : null;
  if (over !== null) return drain(draft, { then: "escalated", problem: over, by: null });
  switch (step.kind) {
    case "act":
    case "probe":
      return prepared.readsFirst ? undefined : sendRead(draft, prepared, step satisfies CallStep);
    case "wait":
      return emit(draft, {
        kind: "wait_started",
        runId,
        stepId: step.id,
        untilMs: draft.atMs + (step satisfies WaitStep).forMs,
      });
    case "approve":
      return emit(draft, {
        kind: "approval_asked",
        runId,
        stepId: step.id,
        question: (step satisfies ApproveStep).question,
        untilMs: draft.atMs + step.withinMs,
      });
    case "escalate":
      return drain(draft, {
        then: "escalated",
        problem: problem("E_ESCALATED", `/steps/${prepared.index}`, (step satisfies EscalateStep).reason),
        by: null,
      });
    case "end":
      return;
  }
}

/** Whether a branch is taken: its formula over outcomes, or without one, that every step it waits for ran. */
function isTaken(run: RunState, prepared: PreparedStep): boolean {
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

/** The ending runs alone; without one left, the plan was not what the compiler says it is. */
function tryEnd(draft: Draft): void {
  const { run } = draft;
  if (run.calls.length === 0 && run.others.count === 0)
    return drain(draft, {
      then: "escalated",
      problem: problem("E_NO_ENDING", "", "nothing is left to do and no ending was reached"),
      by: null,
    });
  const ending = aloneEnding(run);
  if (ending !== null && ending.reads.length === 0 && run.prepared.goal === null)
    endRun(draft, "succeeded", "every step was done and verified");
}

/** The `end` step once nothing else is under way, or `null`. */
export function aloneEnding(run: RunState): EndStep | null {
  const { count, ending } = run.others;
  if (ending === null || count > 1 || run.calls.length > 0 || !isQueueEmpty(run.queue)) return null;
  const { step } = stepAt(run.prepared, ending);
  invariant(step.kind === "end", "an ending is an `end`");
  return step;
}

function advanceDrain(draft: Draft, phase: RunPhase & { readonly kind: "draining" }): void {
  if (draft.run.calls.length > 0) return;
  if (phase.then !== "compensated")
    return endRun(
      draft,
      phase.then,
      phase.problem?.message ?? `stopped by an operator${phase.reason === undefined ? "" : `: ${phase.reason}`}`,
    );
  // A way back of no steps is none: what ends here was not put right, it never began.
  if (draft.run.touched === null) return endUntouched(draft, phase);
  const order = chainItems(draft.run.touched).map((index) => stepAt(draft.run.prepared, index).step.id);
  emit(draft, { kind: "compensation_started", runId: draft.run.prepared.runId, order });
}

/** Nothing was written: the run's end says what stopped it, not that something was undone. */
function endUntouched(draft: Draft, phase: RunPhase & { readonly kind: "draining" }): void {
  if (phase.problem === null)
    return endRun(draft, "stopped", "an operator asked for the way back before anything was written");
  endRun(draft, "escalated", `${phase.problem.message}; nothing was written`);
}

function advanceUndo(draft: Draft, phase: RunPhase & { readonly kind: "compensating" }): void {
  const index = phase.order[phase.position];
  if (index === undefined) return endRun(draft, "compensated", "every touched step was undone and verified");
  const { call, step } = stepAt(draft.run.prepared, index);
  if (call !== null && call.compensation === null)
    soil(draft, step.id, problem("E_COMPENSATION_MISSING", `/steps/${index}`, `\`${step.id}\` has no way back`));
}

/** A run whose way back needs a person. */
export function soil(draft: Draft, stepId: string, found: Problem): void {
  const { run } = draft;
  emit(draft, {
    kind: "run_dirty",
    runId: run.prepared.runId,
    stepId,
    owner: run.owner,
    dueAtMs: draft.atMs + ownerDueMs,
    problem: found,
  });
}

/** How long a person has before whoever watches is told again. */
export const ownerDueMs = 3_600_000;

/** Killed: ends as soon as nothing is in the air any more; what is in doubt waits for a person. */
function advanceKilled(draft: Draft, phase: RunPhase & { readonly kind: "killed" }): void {
  const isQuiet = draft.run.calls.every((index) => {
    const state = vectorAt(draft.run.steps, index);
    return state.kind !== "in_doubt" && !(isEffort(state) && mayStillLand(state.effort));
  });
  if (isQuiet) endRun(draft, "stopped", phase.reason === "" ? "killed" : `killed: ${phase.reason}`);
}

/** Writes the end: outcome, what stays written, and every lock released in the same commit (I5). */
export function endRun(draft: Draft, outcome: RunOutcome, reason: string): void {
  const { run } = draft;
  invariant(outcome === "closed" || run.doubtCount === 0, "nothing is in doubt when a run ends by itself (I11)");
  emit(draft, {
    kind: "run_ended",
    runId: run.prepared.runId,
    outcome,
    reason,
    locks: run.locks,
    wrote: writtenSteps(run),
  });
}

/** Ids of the steps whose effect stands, or may stand, in the world: in the order in which they were settled, then what is under way. */
export function writtenSteps(run: RunState): readonly string[] {
  const written: string[] = [];
  for (let link = run.touched; link !== null; link = link.rest) {
    if (vectorAt(run.steps, link.index).kind !== "undone") written.push(stepAt(run.prepared, link.index).step.id);
  }
  written.reverse();
  for (const index of run.calls) {
    const state = vectorAt(run.steps, index);
    const isForward = isEffort(state) && state.done === null && state.effort.access === "write";
    if (isForward && (mayStillLand(state.effort) || wasApplied(state.effort)))
      written.push(stepAt(run.prepared, index).step.id);
  }
  return written;
}
