import type { Principal } from "../../approval/approval.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { assertNever } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { stepAt } from "../ready/prepare.ts";
import { reasonGiven } from "../words/event.ts";
import type { AnswerInput, OperatorInput, ResolveInput } from "../words/input.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { directionOf, isEffort } from "../words/step.ts";
import { type Draft, emit, unexpected } from "./draft.ts";
import { drain, endRun, failStep } from "./turn.ts";

/*
 * What people do to a run. The authorizer says who may, before an input is made. That the actor is a person, where only
 * a person can know what happened, is checked here (I17).
 */

/** Decides `stop`, `rollback`, `kill` and `close`. */
export function decideOperator(draft: Draft, input: OperatorInput): Problem | null {
  const { phase } = draft.run;
  switch (input.kind) {
    case "stop":
      stop(draft, input);
      return null;
    case "rollback":
      if (phase.kind !== "running" && (phase.kind !== "draining" || phase.then === "compensated"))
        return unexpected(input, phase.kind);
      drain(draft, { then: "compensated", problem: null, by: input.by, reason: input.reason });
      return null;
    case "kill":
      if (phase.kind === "killed" || phase.kind === "ended") return unexpected(input, phase.kind);
      emit(draft, { kind: "run_killed", runId: draft.run.prepared.runId, by: input.by, reason: input.reason });
      return null;
    case "close":
      if (phase.kind !== "dirty" && phase.kind !== "killed") return unexpected(input, phase.kind);
      if (input.by.kind !== "person") return personRequired(input.by);
      endRun(draft, "closed", input.reason);
      return null;
    default:
      return assertNever(input.kind);
  }
}

/**
 * Stops a run that goes forward. Any other run begins nothing new already, and its way back is for `kill` alone to stop
 * (I24): the word is kept and changes nothing.
 */
function stop(draft: Draft, { by, reason }: OperatorInput): void {
  const { runId } = draft.run.prepared;
  if (draft.run.phase.kind === "running") drain(draft, { then: "stopped", problem: null, by, reason });
  else emit(draft, { kind: "stop_noted", runId, by, reason });
}

/** Decides a person's answer to an `approve` step. */
export function decideAnswer(draft: Draft, input: AnswerInput): Problem | null {
  const prepared = findStep(draft, input.stepId);
  const state = prepared === null ? null : vectorAt(draft.run.steps, prepared.index);
  if (prepared === null || state?.kind !== "asking" || draft.run.phase.kind !== "running")
    return unexpected(input, "not asking this");
  if (input.by.kind !== "person") return personRequired(input.by);
  const outcome = draft.atMs >= state.untilMs ? "expired" : input.answer;
  const by = outcome === "expired" ? null : input.by;
  const why = by === null ? {} : reasonGiven(input.reason);
  emit(draft, {
    kind: "step_settled",
    runId: input.runId,
    stepId: input.stepId,
    outcome,
    facts: [],
    left: null,
    problem: null,
    by,
    ...why,
  });
  return null;
}

/** Decides a person's word on a step in doubt, or on the step at which a dirty run is stuck. */
export function decideResolve(draft: Draft, input: ResolveInput): Problem | null {
  const prepared = findStep(draft, input.stepId);
  if (prepared === null) return unexpected(input, "without that step");
  const { phase } = draft.run;
  const state = vectorAt(draft.run.steps, prepared.index);
  const isDirtyHere = phase.kind === "dirty" && phase.order[phase.position] === prepared.index;
  if (state.kind !== "in_doubt" && !isDirtyHere) return unexpected(input, "sure of that step");
  if (input.by.kind !== "person") return personRequired(input.by);
  const isUndo = isDirtyHere || (isEffort(state) && directionOf(state) === "undo");
  if (isDirtyHere && input.as === "applied" && !isEffort(state)) return unexpected(input, "not undoing that step");
  emit(draft, {
    kind: "step_resolved",
    runId: input.runId,
    stepId: input.stepId,
    direction: isUndo ? "undo" : "do",
    as: input.as,
    by: input.by,
    reason: input.reason,
  });
  if (isUndo) {
    resolveUndo(draft, prepared, input);
    return null;
  }
  if (input.as === "applied") return null;
  const why = problem(
    "E_STEP_REJECTED",
    `/steps/${prepared.index}`,
    `${input.by.id} says of \`${input.stepId}\`: ${input.as === "restored" ? "put back by hand" : "it did not happen"}`,
  );
  failStep(draft, prepared, { problem: why, touched: false, left: null, authority: false });
  return null;
}

function resolveUndo(draft: Draft, prepared: PreparedStep, { as, runId }: ResolveInput): void {
  if (as !== "restored" || draft.run.phase.kind !== "compensating") return;
  const stepId = prepared.step.id;
  emit(draft, { kind: "step_compensated", runId, stepId, how: "by_person", facts: [], left: null });
}

function findStep(draft: Draft, stepId: string): PreparedStep | null {
  const index = draft.run.prepared.indexById.get(stepId);
  return index === undefined ? null : stepAt(draft.run.prepared, index);
}

function personRequired(by: Principal): Problem {
  return problem("E_PERSON_REQUIRED", "", `\`${by.id}\` is not a person`);
}
