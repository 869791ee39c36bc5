import type { StepOfKind } from "../../plan/kinds/index.ts";
import type { CallStep, PlanStep, StepKind } from "../../plan/plan.ts";
import { problem } from "../../value/codes.ts";
import { quote, quoteWords } from "../../value/text.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { checkStepCount } from "./authority.ts";
import { type Draft, emit } from "./draft.ts";
import { sendRead } from "./intent.ts";
import { drain } from "./turn.ts";

/*
 * The kernel's half of the table of step kinds; the other half is core/plan/kinds. It says what happens when a step of
 * each kind is taken up.
 */

type Begin<Step extends PlanStep> = (draft: Draft, prepared: PreparedStep, step: Step) => void;

const begins: { readonly [Kind in StepKind]: Begin<StepOfKind<Kind>> } = {
  act: beginCall,
  probe: beginCall,
  wait(draft, _, { id, forMs }) {
    if (refuseOverspent(draft)) return;
    emit(draft, { kind: "wait_started", runId: draft.run.prepared.runId, stepId: id, untilMs: draft.atMs + forMs });
  },
  approve(draft, _, { id, question, withinMs }) {
    if (refuseOverspent(draft)) return;
    const untilMs = draft.atMs + withinMs;
    emit(draft, { kind: "approval_asked", runId: draft.run.prepared.runId, stepId: id, question, untilMs });
  },
  escalate(draft, { index }, { reason }) {
    drain(draft, {
      then: "escalated",
      problem: problem("E_ESCALATED", `/steps/${index}`, `the plan says ${quoteWords(reason)}`),
      by: null,
    });
  },
  // With a goal the run ends here once nothing else is under way, and after the goal was read back.
  end(draft, { index }, { id, world }) {
    if (world !== "rollback") return;
    const planned = problem("E_ROLLBACK_PLANNED", `/steps/${index}`, `the plan ends at ${quote(id)} with the way back`);
    drain(draft, { then: "compensated", problem: planned, by: null });
  },
};

/** Begins a step whose branch is taken. */
export function beginStep(draft: Draft, prepared: PreparedStep): void {
  const { step } = prepared;
  // The table gives each kind the function for its own steps. The compiler cannot see that key and value belong
  // together.
  const begin = begins[step.kind] as Begin<PlanStep>;
  begin(draft, prepared, step);
}

/** A step that reads the world before its intent waits for that reading; any other call is sent at once. */
function beginCall(draft: Draft, prepared: PreparedStep, step: CallStep): void {
  if (!prepared.readsFirst) sendRead(draft, prepared, step);
}

function refuseOverspent(draft: Draft): boolean {
  const over = checkStepCount(draft.run);
  if (over !== null) drain(draft, { then: "escalated", problem: over, by: null });
  return over !== null;
}
