import type { FactValue } from "../../domain/domain.ts";
import { orderWayBack } from "../../plan/branches/way-back.ts";
import type { CallStep, Compensation } from "../../plan/plan.ts";
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
 * A proposal that undoes what an ended run left in the world: its recorded compensations in the order of a way back,
 * one after the other, with the facts of before as the goal. It is a proposal like any other, compiled against the
 * world as it is now and approved anew.
 *
 * A write whose facts of before were never seen cannot be undone. It stays, and so does every write that it was built
 * on (see `standsOn`). The proposal undoes the others, and its assumptions name what stays and why.
 *
 * @returns a problem for each step that has no way back, or was in doubt when the run was closed, or, if nothing can be
 *   undone, that nobody saw before; `E_RUN_ENDED` if nothing is left to undo
 */
export function proposeRollback(run: RunState): Result<Proposal, readonly Problem[]> {
  const problems: Problem[] = [...doubtfulSteps(run)];
  const staying: Staying[] = [];
  const steps: ProposedStep[] = [];
  const before = new Map<string, FactValue>();
  const stay = (call: CallStep, why: string): void =>
    void staying.push({ call, why, waitedFor: stepsBefore(run, call) });
  for (const { call, done, behind, covers } of standingWrites(run)) {
    const undone = staying.find((other) => other.call.id === behind);
    if (undone !== undefined) {
      // What runs after an undo runs for that alone. What it would have put right stays as well.
      for (const covered of covers) stay(covered, `${call.action}, which would put it right, runs after \`${behind}\``);
      continue;
    }
    if (call.compensation === null) {
      problems.push(problem("E_NO_WAY_BACK", "", `\`${call.id}\` has no way back`));
      continue;
    }
    const why = whyStaying({ call, done, isThenRun: behind !== null }, staying);
    if (why !== null) {
      for (const each of behind === null ? [call] : covers) stay(each, why);
      continue;
    }
    steps.push(undoStep(call, call.compensation, { done, after: steps.at(-1)?.id ?? null, behind }));
    // If several writes changed a fact, the oldest comes last here, and its baseline has the value from before all of
    // them.
    for (const fact of call.compensation.restores) {
      const value = factIn(done.baseline, fact);
      if (value !== null) before.set(fact, value);
    }
  }
  if (problems.length > 0) return fail(problems);
  if (steps.length === 0 && staying.length > 0)
    return fail(staying.map(({ call, why }) => problem("E_NO_WAY_BACK", "", `\`${call.id}\`: ${why}`)));
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
  const but = staying.length === 0 ? "" : `, but for ${countSteps(staying.length)}`;
  return ok({
    format: "interlock.proposal/1",
    goal,
    summary: `Undo what ${run.prepared.runId} did${but}.`,
    decline: "",
    assumptions: tellStaying(staying),
    steps,
  });
}

/** A write that is not undone, and why. */
interface Staying {
  readonly call: CallStep;
  readonly why: string;
  /** Ids of the steps that its plan let it wait for, directly or not. */
  readonly waitedFor: ReadonlySet<string>;
}

/** Why a write cannot be undone, or `null` if it can. */
function whyStaying(
  { call, done, isThenRun }: { readonly call: CallStep; readonly done: Done; readonly isThenRun: boolean },
  staying: readonly Staying[],
): string | null {
  const computed = undoArguments(call, done.baseline, { isThenRun });
  if (!computed.ok) return computed.error.message;
  const above = staying.find((newer) => standsOn(newer, call));
  return above === undefined ? null : `\`${above.call.id}\`, which stays, was built on it`;
}

/**
 * Whether a write was built on an older one: it has the same target, or its plan let it wait for the other. Steps of
 * one write over a fleet wait for earlier waves, and that is caution: each of them has an object of its own.
 */
function standsOn({ call, waitedFor }: Staying, older: CallStep): boolean {
  // Two writes without a target are both on the domain as a whole.
  if (call.target === older.target) return true;
  const isSameFleet = call.wave !== undefined && call.wave.of === older.wave?.of;
  return !isSameFleet && waitedFor.has(older.id);
}

function stepsBefore(run: RunState, call: CallStep): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [...call.after];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    const index = run.prepared.indexById.get(id);
    invariant(index !== undefined, "a step waits for steps of its own plan");
    waiting.push(...stepAt(run.prepared, index).step.after);
  }
  return found;
}

/** Steps that the assumptions name one by one. */
const stayingShownMax = 20;

function tellStaying(staying: readonly Staying[]): readonly string[] {
  const shown = staying
    .slice(0, stayingShownMax)
    .map(({ call, why }) => `${call.id} on ${call.target ?? "the domain"} is not undone and stays as it is: ${why}`);
  const more = staying.length - shown.length;
  return more === 0 ? shown : [...shown, `and ${countSteps(more)} more, for such a reason`];
}

function countSteps(count: number): string {
  return count === 1 ? "1 step" : `${count} steps`;
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

/** A write that a rollback makes. */
interface Standing {
  readonly call: CallStep;
  readonly done: Done;
  /** For what runs after an undo: the step that is undone. */
  readonly behind: string | null;
  /** The writes that it puts right. */
  readonly covers: readonly CallStep[];
}

/**
 * The writes that were not undone, and what is left to run after undos, in the order of a way back. A write that was
 * acknowledged but not read back before a kill is newer than the rest.
 */
function standingWrites(run: RunState): readonly Standing[] {
  const unproven = vectorItems(run.steps)
    .flatMap((state, index) => (isForwardWrite(state) && wasApplied(state.effort) ? [index] : []))
    .reverse();
  const { order, covered } = orderWayBack(run.prepared.thenRuns, [...unproven, ...chainItems(run.touched)]);
  return order.flatMap((index): readonly Standing[] => {
    const state = vectorAt(run.steps, index);
    const { thenRun } = stepAt(run.prepared, index);
    if (state.kind === "undone") return [];
    const behind = thenRun === null ? null : stepAt(run.prepared, thenRun.behind).step.id;
    const done = forwardPart(
      state.kind === "pending" && thenRun !== null ? vectorAt(run.steps, thenRun.behind) : state,
    );
    invariant(done !== null, "what a write did is kept (I4)");
    const covers = covered.flatMap(({ by, steps }) => (by === index ? steps.map((step) => callOf(run, step)) : []));
    return [{ call: callOf(run, index), done, behind, covers }];
  });
}

function callOf({ prepared }: RunState, index: number): CallStep {
  const { call } = stepAt(prepared, index);
  invariant(call !== null, "only a call touches, and what it did is kept (I4)");
  return call;
}

function forwardPart(state: StepState): Done | null {
  if (state.kind === "settled" || state.kind === "failed" || state.kind === "undo_waiting") return state.done;
  invariant(state.kind === "undo_ready" || isEffort(state), "what stands is done, acknowledged, or on its way back");
  return isForwardWrite(state) ? state.effort : state.done;
}

function undoStep(
  call: CallStep,
  compensation: Compensation,
  from: { readonly done: Done; readonly after: string | null; readonly behind: string | null },
): ProposedStep {
  const computed = undoArguments(call, from.done.baseline, { isThenRun: from.behind !== null });
  invariant(computed.ok, "a write whose facts of before were seen can be undone");
  const args = [...undoLiterals(compensation), ...computed.value].map(
    ({ name, value }) => ({ name, from: "literal", value: canonicalText(value) }) as const,
  );
  return {
    id: `undo_${call.id.replace(".", "_")}`,
    action: compensation.action,
    purpose: from.behind === null ? `Undo ${call.id}.` : `Run after ${from.behind} is undone.`,
    kind: "act",
    after: from.after === null ? [] : [from.after],
    when: "",
    args,
    expect: [],
    onFailure: "escalate",
  };
}
