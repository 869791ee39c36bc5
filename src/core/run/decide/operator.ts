import { type Problem, problem } from "../../value/codes.ts";
import { digest } from "../../value/digest.ts";
import { assertNever } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { stepAt } from "../ready/prepare.ts";
import { sayCause, sayClosed } from "../words/asked.ts";
import { reasonGiven } from "../words/event.ts";
import type { AnswerInput, OperatorInput } from "../words/input.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { RunPhase } from "../words/state.ts";
import { type Draft, emit, personRequired, reasonRequired, unexpected } from "./draft.ts";
import { cancelOperations } from "./operate.ts";
import { drain, endRun } from "./turn.ts";

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
        return unexpected(input, standing[phase.kind]);
      drain(draft, { then: "compensated", problem: null, by: input.by, reason: input.reason });
      return null;
    case "kill":
      if (phase.kind === "killed" || phase.kind === "ended") return unexpected(input, standing[phase.kind]);
      emit(draft, { kind: "run_killed", runId: draft.run.prepared.runId, by: input.by, reason: input.reason });
      return null;
    case "close":
      if (phase.kind !== "dirty" && phase.kind !== "killed")
        return unexpected(input, `${standing[phase.kind]}; a run can be closed once it was killed or is dirty`);
      if (input.by.kind !== "person") return personRequired(input.by);
      if (input.reason.trim() === "") return reasonRequired(input);
      endRun(draft, "closed", sayClosed(input.by, input.reason));
      return null;
    default:
      return assertNever(input);
  }
}

/** How a run stands, for somebody whose word does not apply to it. */
const standing: Readonly<Record<RunPhase["kind"], string>> = {
  created: "the run has not started",
  running: "the run is going forward",
  draining: "the run settles what is in flight, and then ends or is undone",
  compensating: "the run is being undone already",
  dirty: "the way back of the run is stuck",
  killed: "the run was killed",
  ended: "the run has ended",
};

/**
 * Stops a run that goes forward. Any other run begins nothing new already, and its way back is for `kill` alone to stop
 * (I24): the word is kept and changes nothing, but that operations of forward steps are cancelled which can be.
 */
function stop(draft: Draft, { by, reason, cause }: Extract<OperatorInput, { readonly kind: "stop" }>): void {
  const { runId } = draft.run.prepared;
  const { kind } = draft.run.phase;
  const found = cause === undefined ? null : problem("E_CALLED_OFF", "", sayCause(cause));
  if (kind === "running") drain(draft, { then: "stopped", problem: found, by, reason });
  else emit(draft, { kind: "stop_noted", runId, by, reason });
  if (kind === "running" || kind === "draining") cancelOperations(draft, by);
}

/** Decides a person's answer to an `approve` step. */
export function decideAnswer(draft: Draft, input: AnswerInput): Problem | null {
  const prepared = findStep(draft, input.stepId);
  const state = prepared === null ? null : vectorAt(draft.run.steps, prepared.index);
  if (prepared === null || state?.kind !== "asking" || draft.run.phase.kind !== "running")
    return unexpected(input, `${quote(input.stepId)} asks nothing now`);
  if (input.by.kind !== "person") return personRequired(input.by);
  const outcome = draft.atMs >= state.untilMs ? "expired" : input.answer;
  const by = outcome === "expired" ? null : input.by;
  const why = by === null ? {} : reasonGiven(input.reason);
  const signed =
    by === null || input.signed === undefined ? {} : { signed: digest("interlock.envelope/1", input.signed) };
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
    ...signed,
  });
  return null;
}

function findStep(draft: Draft, stepId: string): PreparedStep | null {
  const index = draft.run.prepared.indexById.get(stepId);
  return index === undefined ? null : stepAt(draft.run.prepared, index);
}
