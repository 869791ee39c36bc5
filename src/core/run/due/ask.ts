import { cancelTriesMax } from "../../plan/kinds/cost.ts";
import type { Call, CallStep } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import { undoLiterals } from "../ready/arguments.ts";
import { operationIn } from "../ready/operation.ts";
import { bindTemplate } from "../ready/template.ts";
import type { AskCommand } from "../words/command.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { RunState } from "../words/state.ts";
import { type EffortState, isEffort, operationOf, type StepState } from "../words/step.ts";

/** A time that does not come. A driver whose question has no end asks on until it is no longer due. */
const never = Number.MAX_SAFE_INTEGER;

/**
 * The question that is due about an operation, or the call that is to cancel it; `null` if the step has none under way.
 * A doubt is asked about without an end: only the system or a person ends it.
 */
export function askOf(run: RunState, prepared: PreparedStep, state: StepState): AskCommand | null {
  const { kind } = run.phase;
  if (kind !== "running" && kind !== "draining" && kind !== "compensating") return null;
  const operation = operationOf(state);
  if (operation === undefined || !isEffort(state)) return null;
  invariant(prepared.call !== null, "only a call starts an operation");
  const rule = operationIn(prepared.call, state);
  invariant(rule !== undefined, "only a declared operation is asked about");
  const { cancel } = operation;
  const isCancelling = state.kind === "operating" && cancel !== null && !cancel.isOver && rule.cancel !== null;
  const purpose = isCancelling && cancel.triedCount < cancelTriesMax ? "cancel" : "ask";
  const call = purpose === "cancel" && rule.cancel !== null ? rule.cancel.call : rule.ask;
  const { runId } = run.prepared;
  const stepId = prepared.step.id;
  return {
    kind: "ask",
    purpose,
    id: `${runId}/${stepId}/${purpose}/${state.serial}`,
    runId,
    stepId,
    call: bindCall(call, prepared.call, { state, id: operation.id }),
    rule,
    last: operation.last,
    everyMs: rule.everyMs,
    firstAtMs: operation.askAtMs,
    untilMs: state.kind === "operating" ? operation.untilMs : never,
  };
}

function bindCall(
  call: Call,
  { compensation }: CallStep,
  { state, id }: { readonly state: EffortState; readonly id: string },
): Call {
  // On the way forth every literal is in the call already.
  const literals = state.done === null || compensation === null ? [] : undoLiterals(compensation);
  const args = [...literals, ...state.effort.args];
  return { ...call, with: bindTemplate(call.with, { args, fence: null, key: state.effort.key, operation: id }) };
}
