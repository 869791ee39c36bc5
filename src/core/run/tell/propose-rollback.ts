import type { FactValue } from "../../domain/domain.ts";
import type { CallStep } from "../../plan/plan.ts";
import type { Proposal, ProposedStep } from "../../plan/wire/proposal.ts";
import { canonicalText } from "../../value/canonical.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { chainItems } from "../collections/chain.ts";
import { vectorAt, vectorItems } from "../collections/persistent-vector.ts";
import { undoArguments, undoLiterals } from "../ready/arguments.ts";
import { demandFact, factIn } from "../ready/facts.ts";
import { stepAt } from "../ready/prepare.ts";
import type { RunState } from "../words/state.ts";
import { type Done, type EffortState, isEffort, mayStillLand, type StepState, wasApplied } from "../words/step.ts";

/**
 * A proposal that undoes what an ended run left in the world: its recorded compensations, newest write first, one after
 * the other, with the facts of before as the goal. It is a proposal like any other, compiled against the world as it is
 * now and approved anew.
 *
 * @returns a problem for each step that has no way back, or was in doubt when the run was closed; `E_RUN_ENDED` if
 *   nothing is left to undo
 */
export function proposeRollback(run: RunState): Result<Proposal, readonly Problem[]> {
  const problems: Problem[] = [...doubtfulSteps(run)];
  const steps: ProposedStep[] = [];
  const before = new Map<string, FactValue>();
  for (const { call, done } of standingWrites(run)) {
    const undone = undoStep(call, done, steps.at(-1)?.id ?? null);
    if (!undone.ok) {
      problems.push(undone.error);
      continue;
    }
    steps.push(undone.value);
    // If several writes changed a fact, the oldest comes last here, and its baseline has the value from before all of
    // them.
    invariant(call.compensation !== null, "what is undone has a way back");
    for (const fact of call.compensation.restores) {
      const value = factIn(done.baseline, fact);
      if (value !== null) before.set(fact, value);
    }
  }
  if (problems.length > 0) return fail(problems);
  if (steps.length === 0)
    return fail([
      problem("E_RUN_ENDED", "", `nothing of \`${run.prepared.runId}\` is left to undo`, "see what the run did", {
        do: "explain",
        run: run.prepared.runId,
      }),
    ]);
  const goal = [...before]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([fact, value]) => demandFact(fact, value))
    .join(" && ");
  return ok({
    format: "interlock.proposal/1",
    goal,
    summary: `Undo what ${run.prepared.runId} did.`,
    decline: "",
    assumptions: [],
    steps,
  });
}

/**
 * A problem for each step that was in doubt or in flight when a person closed the run: nobody said what became of it.
 */
function doubtfulSteps(run: RunState): readonly Problem[] {
  return vectorItems(run.steps).flatMap((state, index) => {
    if (!isForwardWrite(state) || !mayStillLand(state.effort) || wasApplied(state.effort)) return [];
    const { id } = stepAt(run.prepared, index).step;
    return [
      problem(
        "E_NO_WAY_BACK",
        `/steps/${index}`,
        `nobody said what happened to \`${id}\` before the run was closed`,
        "look at the target, and propose a repair",
      ),
    ];
  });
}

function isForwardWrite(state: StepState): state is EffortState {
  return isEffort(state) && state.done === null && state.effort.access === "write";
}

/**
 * The writes that were not undone, newest first. One that was acknowledged but not read back before a kill is newer
 * than the rest.
 */
function standingWrites(run: RunState): readonly { readonly call: CallStep; readonly done: Done }[] {
  const unproven = vectorItems(run.steps)
    .flatMap((state, index) => (isForwardWrite(state) && wasApplied(state.effort) ? [index] : []))
    .reverse();
  return [...unproven, ...chainItems(run.touched)].flatMap((index) => {
    const state = vectorAt(run.steps, index);
    const { call } = stepAt(run.prepared, index);
    if (state.kind === "undone") return [];
    const done = forwardPart(state);
    invariant(call !== null && done !== null, "only a call touches, and what it did is kept (I4)");
    return [{ call, done }];
  });
}

function forwardPart(state: StepState): Done | null {
  if (state.kind === "settled" || state.kind === "failed") return state.done;
  invariant(state.kind === "undo_ready" || isEffort(state), "what stands is done, acknowledged, or on its way back");
  return isForwardWrite(state) ? state.effort : state.done;
}

function undoStep(call: CallStep, done: Done, after: string | null): Result<ProposedStep, Problem> {
  const { compensation } = call;
  if (compensation === null) return fail(problem("E_NO_WAY_BACK", "", `\`${call.id}\` has no way back`));
  const computed = undoArguments(call, done.baseline);
  // Nothing is sent here: a code of a failed compensation would say that something was touched.
  if (!computed.ok) return fail(problem("E_NO_WAY_BACK", "", `\`${call.id}\`: ${computed.error.message}`));
  const args = [...undoLiterals(compensation), ...computed.value].map(
    ({ name, value }) => ({ name, from: "literal", value: canonicalText(value) }) as const,
  );
  return ok({
    id: `undo_${call.id}`,
    action: compensation.action,
    purpose: `Undo ${call.id}.`,
    kind: "act",
    after: after === null ? [] : [after],
    when: "",
    args,
    expect: [],
    onFailure: "escalate",
  });
}
