import type { Principal } from "../../approval/approval.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep, Fact } from "../../plan/plan.ts";
import type { Problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { stepAt } from "../ready/prepare.ts";
import { type DrainGoal, type ForeignValues, type PersonsWord, type RunOutcome, reasonGiven } from "../words/event.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { RunState } from "../words/state.ts";
import { directionOf, isEffort, mayStillLand, wasApplied } from "../words/step.ts";
import { accountOf, failedSteps, overwrittenFacts, sayReached, unacknowledgedSteps, wordsIn } from "./account.ts";
import { type Draft, emit } from "./draft.ts";

/*
 * The turns a run can take from its plan: a step fails or is in doubt, the run drains, gets stuck on its way back, or
 * ends. Every other file of this room records a turn through these functions alone.
 */

/** How long a person has to act before the people who watch the run are told again. */
const ownerDueMs = 3_600_000;

/** Begins to drain, or raises a drain to a stronger end: undoing outranks escalating, which outranks stopping. */
export function drain(
  draft: Draft,
  from: {
    readonly then: DrainGoal;
    readonly problem: Problem | null;
    readonly by: Principal | null;
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

/** Records that a step is over that wrote nothing. */
export function settleStep(
  draft: Draft,
  prepared: PreparedStep,
  from: { readonly outcome: string; readonly problem: Problem | null; readonly by: null },
): void {
  emit(draft, {
    kind: "step_settled",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    outcome: from.outcome,
    facts: [],
    left: null,
    problem: from.problem,
    by: from.by,
  });
}

/** Why and how a step failed. */
interface Failure {
  readonly problem: Problem;
  /** Whether its effect is in the world. */
  readonly touched: boolean;
  /** The target as the failed post-read saw it. */
  readonly left: ObservedObject | null;
  /** What was read of other objects after the write. */
  readonly facts?: readonly Fact[];
  /** What was read of the target and is not this run's. */
  readonly foreign?: ForeignValues | null;
  /** True when the permission to go on failed and not the step itself. No branch of the plan may answer that. */
  readonly authority: boolean;
  /** The person's word on which it counts as untouched, where nothing could be read. */
  readonly onWordOf?: PersonsWord | null;
}

/**
 * Records a failed step and takes the turn the plan declares for it: its `failed` branch, the way back, or a person.
 */
export function failStep(draft: Draft, prepared: PreparedStep, failure: Failure): void {
  invariant(prepared.call !== null, "only a call fails");
  const { onFailure } = prepared.call;
  const { onWordOf = null, facts = [], foreign = null } = failure;
  const isBranch = onFailure === "branch" && !failure.authority && draft.run.phase.kind === "running";
  emit(draft, {
    kind: "step_failed",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    touched: failure.touched,
    outcome: isBranch ? "failed" : null,
    left: failure.left,
    problem: failure.problem,
    ...(facts.length === 0 ? {} : { facts }),
    ...(foreign === null ? {} : { foreign }),
    ...(onWordOf === null ? {} : { onWordOf }),
  });
  if (!isBranch && !endsAsAsked(draft.run, failure, onFailure))
    drain(draft, { then: onFailure === "rollback" ? "compensated" : "escalated", problem: failure.problem, by: null });
}

/**
 * Whether a run that somebody stopped still ends as stopped although a step failed that was in flight. It does if the
 * step did nothing: the world is as it was when the word was given. A declared way back is still taken.
 */
function endsAsAsked({ phase }: RunState, { touched }: Failure, onFailure: CallStep["onFailure"]): boolean {
  return phase.kind === "draining" && phase.then === "stopped" && !touched && onFailure !== "rollback";
}

/** Records that nobody can say whether a step happened. No new forward intent follows, and a person is named. */
export function doubt(draft: Draft, prepared: PreparedStep, why: Problem): void {
  const { run } = draft;
  const state = vectorAt(run.steps, prepared.index);
  invariant(isEffort(state), "only an effect can be in doubt");
  emit(draft, {
    kind: "step_in_doubt",
    runId: run.prepared.runId,
    stepId: prepared.step.id,
    direction: directionOf(state),
    owner: run.owner,
    dueAtMs: draft.atMs + ownerDueMs,
    problem: why,
  });
}

/** Records that the way back is stuck at a step and needs a person: the run is dirty. */
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

/** Ends a run whose plan reached its ending. `holdsGoal`: the plan has a goal, and it was read and holds. */
export function endReached(draft: Draft, { holdsGoal }: { readonly holdsGoal: boolean }): void {
  const account = accountOf(draft.run);
  const isWhole = account.failed.length === 0;
  endRun(draft, isWhole ? "succeeded" : "succeeded_in_part", sayReached(account, holdsGoal));
}

/** Records the end: outcome, what stays written, what failed, and every lock released in the same commit (I5). */
export function endRun(draft: Draft, outcome: RunOutcome, reason: string): void {
  const { run } = draft;
  invariant(outcome === "closed" || run.doubtCount === 0, "nothing is in doubt when a run ends by itself (I11)");
  const failed = failedSteps(run);
  const unacknowledged = unacknowledgedSteps(run);
  const overwrote = overwrittenFacts(run);
  const words = wordsIn(run);
  emit(draft, {
    kind: "run_ended",
    runId: run.prepared.runId,
    // What rests on a word that nothing confirmed is neither restored nor untouched.
    outcome: words.length === 0 ? outcome : "closed",
    reason: [reason, ...words].join("; "),
    locks: run.locks,
    wrote: writtenSteps(run),
    ...(failed.length === 0 ? {} : { failed }),
    ...(unacknowledged.length === 0 ? {} : { unacknowledged }),
    ...(overwrote.length === 0 ? {} : { overwrote }),
  });
}

/**
 * Ids of the steps whose effect is, or may be, in the world: in the order in which they settled, then those under way.
 */
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
