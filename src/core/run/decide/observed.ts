import type { Principal } from "../../approval/approval.ts";
import type { Formula } from "../../guard/formula.ts";
import { describeUnmet, fails, holds, type PlanGuard, readBy } from "../../guard/plan-guard.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep, Fact } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { resolveArguments, unseenForUndo } from "../ready/arguments.ts";
import { landingMs } from "../ready/direction.ts";
import { describeFacts, knownFacts, lookupIn, objectIn, whyUnknown } from "../ready/facts.ts";
import { describeTargetChange } from "../ready/target-change.ts";
import { isTooLate, type ObserveCommand } from "../words/command.ts";
import type { ObservedInput } from "../words/input.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { type EffortState, hasRunAndFailed, isEffort, mayStillLand, wasApplied } from "../words/step.ts";
import { checkBudget, checkExpiry } from "./authority.ts";
import { changedSincePlanned } from "./changed.ts";
import { type Draft, emit } from "./draft.ts";
import { findHold } from "./hold.ts";
import { foresee, noteReading } from "./hold-invariants.ts";
import { emitIntent, paceOf } from "./intent.ts";
import { problemOfEnd } from "./operate.ts";
import { changedFacts, describeTrace, findForeign, hasFenceMoved, traceOf } from "./trace.ts";
import { doubt, drain, endReached, failStep } from "./turn.ts";
import { undoAfterRead, undoBeforeRead } from "./undo.ts";
import { wordRead } from "./word.ts";

/*
 * What a reading leads to. The reading before a write is the last check between a step and the world: permission,
 * expiry, freeze, pace, bounds, the expected state of the target, the precondition (I1, I2, I12, I15). Only the reading
 * after a write makes it done (I20) or, unless a person does, settles a doubt.
 */

type Seen = Extract<ObservedInput["result"], { readonly kind: "seen" }>;

/** Decides a reading that answers the command due for a step. */
export function decideObserved(
  draft: Draft,
  prepared: PreparedStep,
  command: ObserveCommand,
  input: ObservedInput,
): void {
  const result: Seen =
    input.result.kind === "seen" ? input.result : { kind: "seen", objects: [], heldMs: 0, waitedMs: 0 };
  const failed = input.result.kind === "failed" ? input.result.problem : null;
  switch (command.purpose) {
    case "before":
      return beforeRead(draft, prepared, { result, failed, standing: input.standing });
    case "after":
      return afterRead(draft, prepared, command, { result, failed });
    case "ended":
      return endedRead(draft, prepared, command, { result, failed });
    case "goal":
      return goalRead(draft, prepared, command, { result, failed });
    case "undo_before":
      return undoBeforeRead(draft, prepared, { result, failed, isLast: draft.atMs >= command.untilMs });
    case "undo_after":
      return undoAfterRead(draft, prepared, command, { result, failed });
    case "word":
      return wordRead(draft, prepared, command, { result, failed });
  }
}

function beforeRead(
  draft: Draft,
  prepared: PreparedStep,
  from: { readonly result: Seen; readonly failed: Problem | null; readonly standing: ObservedInput["standing"] },
): void {
  const { call } = prepared;
  invariant(call !== null, "only a call is read for");
  const refused = checkAuthority(draft, prepared, from.standing);
  if (refused !== null)
    return failStep(draft, prepared, { problem: refused, touched: false, left: null, authority: true });
  const held = prepared.isWrite ? findHold(draft, prepared) : null;
  if (held !== null)
    return emit(draft, { kind: "step_held", runId: draft.run.prepared.runId, stepId: prepared.step.id, ...held });
  if (from.failed !== null)
    return failStep(draft, prepared, { problem: from.failed, touched: false, left: null, authority: true });
  const changed = prepared.isWrite ? checkTarget(draft, prepared, from.result.objects) : null;
  if (changed !== null)
    return failStep(draft, prepared, { problem: changed, touched: false, left: null, authority: true });
  const broken = noteReading(draft, prepared, { at: "before", objects: from.result.objects });
  if (broken !== null)
    return failStep(draft, prepared, { problem: broken, touched: false, left: null, authority: true });
  if (prepared.pre !== null && !holds(prepared.pre, lookupIn(from.result.objects))) {
    const unmet = problem(
      "E_STEP_PRECONDITION",
      `/steps/${prepared.index}/pre`,
      `\`${call.id}\` needs ${describeMissing(prepared.pre, from.result.objects)}`,
    );
    return failStep(draft, prepared, { problem: unmet, touched: false, left: null, authority: false });
  }
  const unseen = checkWayBack(call, from.result.objects);
  if (unseen !== null)
    return failStep(draft, prepared, { problem: unseen, touched: false, left: null, authority: false });
  const args = resolveArguments(draft.run, call);
  if (!args.ok) return failStep(draft, prepared, { problem: args.error, touched: false, left: null, authority: false });
  const ahead = foresee(draft, prepared, from.result.objects);
  if (ahead !== null) return failStep(draft, prepared, { problem: ahead, touched: false, left: null, authority: true });
  emitIntent(draft, prepared, {
    direction: "do",
    args: args.value,
    baseline: from.result.objects,
    pace: paceOf(prepared),
    changed: changedSincePlanned(draft.run, prepared, from.result.objects),
  });
}

function checkAuthority(draft: Draft, prepared: PreparedStep, standing: ObservedInput["standing"]): Problem | null {
  if (standing.kind === "withdrawn") return standing.problem;
  return (prepared.isWrite ? checkExpiry(draft) : null) ?? checkBudget(draft.run, prepared, draft.atMs);
}

/**
 * Whether the reading shows what the way back puts back and is proven by. A write that could not be undone as the plan
 * promises is not sent.
 */
function checkWayBack(call: CallStep, objects: readonly ObservedObject[]): Problem | null {
  const unseen = unseenForUndo(call, objects);
  if (unseen === null) return null;
  const { fact, why } = unseen;
  const message = `\`${call.id}\` was not sent: its way back needs \`${fact}\`, which could not be read`;
  return why === undefined ? problem("E_FACT_UNSEEN", "", message) : problem("E_FACT_TYPE", "", `${message}, ${why}`);
}

/** Why a guard does not hold, with what was read in place of a fact. */
function describeMissing(guard: Formula, objects: readonly ObservedObject[]): string {
  return describeUnmet(guard, lookupIn(objects), (fact) => whyUnknown(objects, fact));
}

function checkTarget(draft: Draft, prepared: PreparedStep, objects: readonly ObservedObject[]): Problem | null {
  const { call, targetIndex } = prepared;
  if (call === null || call.target === null) return null;
  const now = objectIn(objects, call.target);
  if (now === null) return problem("E_TARGET_UNSEEN", "", `\`${call.target}\` was not read`);
  const baseline = vectorAt(draft.run.baselines, targetIndex);
  const isAsKnown = baseline !== null && baseline.fingerprint === now.fingerprint;
  if (isAsKnown) return null;
  const what = baseline === null ? "" : describeTargetChange(draft.run.prepared.plan, baseline.facts, now);
  const message = `\`${call.target}\` is not as it was planned for, and not as this run left it${what}`;
  return problem("E_TARGET_CHANGED", "", message);
}

function afterRead(
  draft: Draft,
  prepared: PreparedStep,
  command: ObserveCommand,
  from: { readonly result: Seen; readonly failed: Problem | null },
): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  invariant(isEffort(state) && prepared.call !== null, "a reading after a write belongs to its effort");
  const isHolding = from.failed === null && holds(prepared.expect, lookupIn(from.result.objects));
  const isTrue = isHolding && from.result.heldMs >= command.holdMs;
  if (state.kind === "in_doubt" && !wasApplied(state.effort))
    return settleDoubt(draft, prepared, { state, command, isTrue, ...from });
  if (isTrue) return settleWrite(draft, prepared, from.result.objects, null);
  const isLost = from.failed === null && !isHolding && isTooLate(command, draft.atMs);
  if (draft.atMs < command.untilMs && !isLost) return;
  const isUnseen = objectIn(from.result.objects, prepared.call.target) === null;
  if (from.failed !== null || isUnseen) return unreadable(draft, prepared, state, from.failed);
  conclude(draft, prepared, command, { state, result: from.result });
}

/**
 * An operation ended otherwise than it should, and the target was read: the step failed, and what it did is undone by
 * its declared way back. Where nothing can be read that is a doubt, until a reading says what there is to undo.
 */
function endedRead(
  draft: Draft,
  prepared: PreparedStep,
  command: ObserveCommand,
  from: { readonly result: Seen; readonly failed: Problem | null },
): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  invariant(isEffort(state) && prepared.call !== null, "a reading after an operation belongs to its effort");
  const { operation } = state.effort;
  invariant(operation !== undefined && operation.ended !== null, "only an operation ends");
  const isUnseen = objectIn(from.result.objects, prepared.call.target) === null;
  if (from.failed === null && !(isUnseen && prepared.call.target !== null))
    return failTouched(draft, prepared, problemOfEnd(prepared, operation, operation.ended), {
      state,
      result: from.result,
    });
  if (draft.atMs >= command.untilMs) unreadable(draft, prepared, state, from.failed);
}

/** Nothing could be read: the target's word, or a person's, is not enough (I20). */
function unreadable(draft: Draft, prepared: PreparedStep, state: EffortState, failed: Problem | null): void {
  if (state.kind === "in_doubt") return;
  const { word } = state.effort;
  const why =
    failed ?? problem("E_STEP_UNVERIFIED", `/steps/${prepared.index}/post`, "a reading did not show its target");
  if (word === undefined) return doubt(draft, prepared, why);
  doubt(draft, prepared, {
    ...why,
    message: `${sayHappened(prepared, word.by)}, and it could not be read back: ${why.message}`,
  });
}

/**
 * The time to read back is over, and the post-condition does not hold. If the reading shows all of the declared effect,
 * the step failed. Anything else, a change of somebody else's included, leaves open whether the effect is still to
 * come: that is a doubt (I11, I20), and it ends once nothing can land any more. Then a target that is not as before
 * counts as touched.
 */
function conclude(
  draft: Draft,
  prepared: PreparedStep,
  command: ObserveCommand,
  { state, result }: { readonly state: EffortState; readonly result: Seen },
): void {
  const { call, step, index } = prepared;
  invariant(call !== null, "only a call writes");
  const { baseline, word } = state.effort;
  const withinMs = landingMs(call, state);
  const cannotLand = withinMs !== null && result.waitedMs >= withinMs;
  // What was seen and is gone again has landed.
  const trace = hadHeld(prepared, baseline, result.held) ? "shown" : traceOf(call, baseline, result.objects);
  const isOver = cannotLand || (trace === "changed" && endsLanding(call, state, result));
  if (trace === "shown" || (isOver && trace !== "as_before")) {
    const said = word === undefined ? `\`${step.id}\` was acknowledged` : sayHappened(prepared, word.by);
    const message = `${said}, and ${describeMissed(prepared.expect, result, command)}`;
    const unmet = problem("E_POST_FAILED", `/steps/${index}/post`, message);
    return failTouched(draft, prepared, unmet, { state, result });
  }
  const shows = describeTrace(call, baseline, result.objects);
  if (cannotLand && word === undefined) {
    const message = `\`${step.id}\` was acknowledged and did not happen: ${shows}`;
    return neverLands(draft, prepared, { state, withinMs, result, message });
  }
  if (word !== undefined) {
    const said = sayHappened(prepared, word.by);
    const found =
      trace === "as_before"
        ? problem("E_WORD_REFUTED", `/steps/${index}`, `${said}; the reading shows ${shows}`)
        : problem("E_STEP_UNVERIFIED", `/steps/${index}/post`, `${said}, and no reading shows it: ${shows}`);
    return doubt(draft, prepared, found);
  }
  if (state.kind === "in_doubt" && told.has(state.problem.code)) return;
  const message = `\`${step.id}\` was acknowledged, and its effect is not seen and may still come: ${shows}`;
  doubt(draft, prepared, problem("E_EFFECT_UNSEEN", `/steps/${index}/post`, message));
}

/**
 * Whether the effect of a write was seen, and is gone again. A reading in which the post-condition held shows it only
 * if the post-condition did not hold before the write, or if the reading shows the declared effect as well.
 */
function hadHeld(
  { call, expect }: PreparedStep,
  baseline: readonly ObservedObject[],
  held: readonly ObservedObject[] | undefined,
): boolean {
  invariant(call !== null, "only a call writes");
  if (held === undefined) return false;
  return !holds(expect, lookupIn(baseline)) || traceOf(call, baseline, held) === "shown";
}

/**
 * Whether something other than the target's bound says that nothing of a write lands from now on: its operation has
 * ended, the fence that it was sent with has moved, or a person says that it happened and answers for that.
 */
function endsLanding(call: CallStep, { effort }: EffortState, { objects }: Seen): boolean {
  const hasEnded = effort.operation !== undefined && effort.operation.ended !== null;
  return hasEnded || effort.word !== undefined || hasFenceMoved(call, effort.baseline, objects);
}

/** What a doubt about an acknowledged write has told already when a reading shows nothing of its effect once more. */
const told: ReadonlySet<string> = new Set(["E_EFFECT_UNSEEN", "E_WORD_REFUTED"]);

function sayHappened({ step }: PreparedStep, by: Principal): string {
  return `${quote(by.id)} says that ${quote(step.id)} happened`;
}

/** Why a reading does not show what it should, and what it shows instead. */
function describeMissed(
  guard: PlanGuard,
  { objects }: Seen,
  { expect, holdMs }: Pick<ObserveCommand, "expect" | "holdMs">,
): string {
  if (guard === null || holds(guard, lookupIn(objects))) return `\`${expect}\` did not hold for ${holdMs} ms`;
  return `this does not hold: ${describeMissing(guard, objects)}`;
}

/**
 * Settles a doubt by reading. If the post-condition holds, it shows the effect only if it did not hold before. If it
 * does not hold, it shows that nothing happened only once nothing can land any more, and only the target can set that
 * bound.
 */
function settleDoubt(
  draft: Draft,
  prepared: PreparedStep,
  from: {
    readonly state: EffortState;
    readonly command: ObserveCommand;
    readonly isTrue: boolean;
    readonly result: Seen;
    readonly failed: Problem | null;
  },
): void {
  const { state, result } = from;
  invariant(prepared.call !== null && mayStillLand(state.effort), "a doubt is about an effect that may have landed");
  const withinMs = landingMs(prepared.call, state);
  const hasLanded = withinMs !== null && result.waitedMs >= withinMs;
  const tellsApart = !holds(prepared.expect, lookupIn(state.effort.baseline));
  if (from.isTrue && (tellsApart || hasLanded))
    return settleWrite(draft, prepared, result.objects, contradicted(state, prepared));
  if (from.failed !== null || !hasLanded) return;
  // A fact that cannot be read leaves the post-condition open: that shows neither that it happened nor that it did not.
  if (!fails(prepared.expect, lookupIn(result.objects))) return tellOpen(draft, prepared, state, result.objects);
  const trace = traceOf(prepared.call, state.effort.baseline, result.objects);
  if (trace === "shown" || trace === "changed") {
    const missed = describeMissed(prepared.expect, result, from.command);
    const message = `nobody answered for ${quote(prepared.step.id)}, and ${missed}`;
    const unmet = problem("E_POST_FAILED", `/steps/${prepared.index}/post`, message);
    return failTouched(draft, prepared, unmet, { state, result });
  }
  neverLands(draft, prepared, { state, withinMs, result, message: `${quote(prepared.step.id)} did not happen` });
}

/** Nothing of the effect is seen, and by the target's own bound nothing can land any more. */
function neverLands(
  draft: Draft,
  prepared: PreparedStep,
  from: {
    readonly state: EffortState;
    readonly withinMs: number;
    readonly result: Seen;
    readonly message: string;
  },
): void {
  const { state, withinMs, result, message } = from;
  invariant(prepared.call !== null, "only a call has an effect");
  emit(draft, {
    kind: "step_resolved",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    direction: "do",
    as: "not_applied",
    by: null,
    reason: `read ${result.waitedMs} ms later, and the target bounds an effect's landing to ${withinMs} ms`,
  });
  const { id } = prepared.step;
  const pointer = `/steps/${prepared.index}`;
  if (hasRunAndFailed(state.effort)) {
    // Only what the action declares was read back. What ran may have done anything else.
    const found = `\`${id}\` ran and failed: what it declares did not happen, and it may have done something else`;
    const ran = problem("E_STEP_RAN", pointer, found);
    return failTouched(draft, prepared, ran, { state, result });
  }
  const absent = problem("E_STEP_ABSENT", pointer, message);
  failStep(draft, prepared, { problem: absent, touched: false, left: null, authority: false });
}

/** Tells once why readings leave a doubt open: they show something else than the fact that would settle it. */
function tellOpen(draft: Draft, prepared: PreparedStep, state: EffortState, objects: readonly ObservedObject[]): void {
  const isTold = state.kind === "in_doubt" && state.problem.code === "E_FACT_TYPE";
  const fact = readBy(prepared.expect).find((name) => whyUnknown(objects, name) !== undefined);
  if (isTold || fact === undefined) return;
  const message = `\`${fact}\` would say whether it happened, and is unknown: ${whyUnknown(objects, fact)}`;
  doubt(draft, prepared, problem("E_FACT_TYPE", `/steps/${prepared.index}/post`, message));
}

/** What the call said in place of that it was done, for the people who are told that it was. */
function contradicted(state: EffortState, prepared: PreparedStep): Problem {
  invariant(state.kind === "in_doubt", "only a doubt is settled by what contradicts the call");
  const { code, message } = state.problem;
  return problem(code, `/steps/${prepared.index}`, `${message}; its effect was read back`);
}

function settleWrite(
  draft: Draft,
  prepared: PreparedStep,
  objects: readonly ObservedObject[],
  told: Problem | null,
): void {
  invariant(prepared.call !== null, "only a call writes");
  const left = objectIn(objects, prepared.call.target) ?? objects[0];
  invariant(left !== undefined, "a post-read sees at least the target");
  const broken = noteReading(draft, prepared, { at: "after", objects });
  if (broken !== null) {
    const facts = factsBeside(prepared, objects);
    return failStep(draft, prepared, { problem: broken, touched: true, left, facts, authority: true });
  }
  emit(draft, {
    kind: "step_settled",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    outcome: "done",
    facts: knownFacts(objects),
    left,
    problem: told,
    by: null,
  });
}

/** A write did something, and not what it should. What was read after it is judged by the invariants as well. */
function failTouched(
  draft: Draft,
  prepared: PreparedStep,
  why: Problem,
  { state, result }: { readonly state: EffortState; readonly result: Seen },
): void {
  const { call } = prepared;
  invariant(call !== null, "only a call writes");
  const { objects, held = null } = result;
  const left = objectIn(objects, call.target);
  const foreign = findForeign(call, { before: state.effort.baseline, held, now: objects });
  const broken = noteReading(draft, prepared, { at: "after", objects });
  const facts = factsBeside(prepared, objects);
  const told = foreign?.isLater === true ? { ...why, message: `${why.message}; ${sayLater(call, result)}` } : why;
  const failure = { touched: true, left, facts, foreign } as const;
  if (broken === null) return failStep(draft, prepared, { ...failure, problem: told, authority: false });
  const both = { ...broken, message: `${told.message}; ${broken.message}` };
  failStep(draft, prepared, { ...failure, problem: both, authority: true });
}

/** That a target was changed after the effect of the step had been read. */
function sayLater(call: CallStep, { held = [] }: Seen): string {
  return `it had held (${describeFacts(changedFacts(call), held)}), so somebody else changed it since`;
}

/** What a reading shows of other objects than the target. */
function factsBeside({ call }: PreparedStep, objects: readonly ObservedObject[]): readonly Fact[] {
  return knownFacts(objects.filter(({ object }) => object !== call?.target));
}

function goalRead(
  draft: Draft,
  prepared: PreparedStep,
  command: ObserveCommand,
  from: { readonly result: Seen; readonly failed: Problem | null },
): void {
  const { goal } = draft.run.prepared;
  const broken = noteReading(draft, prepared, { at: "goal", objects: from.result.objects });
  if (broken !== null) return drain(draft, { then: "escalated", problem: broken, by: null });
  if (from.failed === null && holds(goal, lookupIn(from.result.objects)))
    return endReached(draft, { holdsGoal: goal !== null });
  if (draft.atMs < command.untilMs && from.failed !== null) return;
  drain(draft, {
    then: "escalated",
    problem: problem("E_GOAL_NOT_REACHED", "/goal", describeMissed(goal, from.result, command)),
    by: null,
  });
}
