import { proposedKind } from "../../plan/kinds/index.ts";
import { invariant } from "../../value/invariant.ts";
import { quoteWords } from "../../value/text.ts";
import { chainItems } from "../collections/chain.ts";
import { vectorAt, vectorItems } from "../collections/persistent-vector.ts";
import { sayFact } from "../ready/facts.ts";
import { stepAt } from "../ready/prepare.ts";
import type { CalledStep, FailedStep, OverwrittenFact, PersonsWord } from "../words/event.ts";
import type { RunState } from "../words/state.ts";
import { isEffort, type StepState } from "../words/step.ts";

/*
 * What an ending may say. It is counted from the states of the steps, so that no sentence claims more than they show:
 * only a write that was read back counts as verified, and what failed is named.
 */

/** What became of the steps of a run. */
export interface Account {
  /** Writes that were taken up, and those whose post-condition was read back. */
  readonly writeCount: number;
  readonly verifiedCount: number;
  /** Steps that were not taken: the plan went another way. */
  readonly skippedCount: number;
  readonly failed: readonly FailedStep[];
  /** Writes that were read back although no try of their call was acknowledged. */
  readonly unacknowledged: readonly CalledStep[];
  /** Values that they overwrote and that were not as planned. */
  readonly overwrote: readonly OverwrittenFact[];
  /** Probes and questions that nobody answered. */
  readonly unanswered: readonly string[];
}

/**
 * The steps that failed and were not put right, in the order of the plan. A step counts as failed too if its undoing
 * began and the run can no longer finish it by itself.
 *
 * Cost: O(plan), at most twice a run.
 */
export function failedSteps(run: RunState): readonly FailedStep[] {
  const { kind } = run.phase;
  const isStuck = kind === "dirty" || kind === "killed" || kind === "ended";
  const failed: FailedStep[] = [];
  vectorItems(run.steps).forEach((state, index) => {
    const isHalfUndone = isStuck && (state.kind === "undo_ready" || (isEffort(state) && state.done !== null));
    if (state.kind !== "failed" && !isHalfUndone) return;
    const { call } = stepAt(run.prepared, index);
    invariant(call !== null, "only a call fails");
    failed.push({ stepId: call.id, target: call.target, touched: state.kind !== "failed" || state.touched });
  });
  return failed;
}

/**
 * The steps that were read back, as done or as undone, and whose call did not report success, in the order of the plan.
 * A program may have failed half-way, so that more went wrong than the declared facts show.
 *
 * Cost: O(plan), at most twice a run.
 */
export function unacknowledgedSteps(run: RunState): readonly CalledStep[] {
  return vectorItems(run.steps).flatMap((state, index) => {
    const told = state.kind === "undone" ? state : "done" in state ? state.done : null;
    return told?.unacknowledged === true ? [callOf(run, index)] : [];
  });
}

/**
 * Values that stand overwritten although they were not as planned, in the order of the plan. What was undone was put
 * back as it was found.
 *
 * Cost: O(plan), at most twice a run.
 */
export function overwrittenFacts(run: RunState): readonly OverwrittenFact[] {
  return vectorItems(run.steps).flatMap((state, index) => {
    const { overwrote = [] } = ("done" in state ? state.done : null) ?? {};
    return overwrote.map(({ isOverwritten: _, ...fact }) => ({ stepId: callOf(run, index).stepId, ...fact }));
  });
}

/** What a run that reached its ending says of itself. `holdsGoal`: the plan has a goal, and it was read and holds. */
export function sayReached(account: Account, holdsGoal: boolean): string {
  const { failed, overwrote, skippedCount, unacknowledged, unanswered, writeCount } = account;
  const isWhole = failed.length === 0 && skippedCount === 0 && unanswered.length === 0;
  if (isWhole && writeCount > 0) {
    const done = unacknowledged.length === 0 ? "done and verified" : "verified";
    const goal = holdsGoal ? ", and the goal holds" : "";
    return `every step was ${done}${goal}${sayAlthough(unacknowledged)}${sayOverwritten(overwrote)}`;
  }
  const parts = [isWhole ? "every step was done" : "", ...countParts(account), holdsGoal ? "the goal holds" : ""];
  return `${parts.filter((part) => part !== "").join("; ")}${sayOverwritten(overwrote)}`;
}

/**
 * What a run whose way back is over says of itself. A step that read as before when its turn came was not undone by
 * this run.
 */
export function sayUndone(run: RunState): string {
  const touched = chainItems(run.touched);
  const ended = (how: string): readonly number[] =>
    touched.filter((index) => {
      const state = vectorAt(run.steps, index);
      return state.kind === "undone" && state.how === how;
    });
  const [undone, found, covered] = [ended("undone"), ended("nothing_happened"), ended("covered")];
  const over = overwritten(run, undone);
  const then = `${sayAlthough(unacknowledgedSteps(run))}${sayThenRun(run)}`;
  if (undone.length + covered.length === touched.length)
    return `every touched step was undone and verified${then}${over}`;
  const names = found.map((index) => nameOf(callOf(run, index)));
  if (found.length === touched.length) return `every touched step reads as before; nothing was left to undo${then}`;
  const already = found.length === 0 ? "" : `; ${found.length} read as before already: ${nameSome(names)}`;
  const count = undone.length + covered.length;
  return `${count} of ${touched.length} touched steps undone and verified${then}${over}${already}`;
}

/** Which calls did not report success although the reading shows what they were to do, as the rest of a sentence. */
function sayAlthough(unacknowledged: readonly CalledStep[]): string {
  return unacknowledged.length === 0 ? "" : `, although ${sayCalls(unacknowledged)}`;
}

/** What the run overwrote although its plan was made on something else, as the rest of a sentence. */
function sayOverwritten(overwrote: readonly OverwrittenFact[]): string {
  if (overwrote.length === 0) return "";
  const values = overwrote.map(({ name, found }) => `\`${name}\` = ${sayFact(found)}`);
  return `, over values that the plan was not made on: ${nameSome(values)}`;
}

function sayCalls(unacknowledged: readonly CalledStep[]): string {
  const calls = unacknowledged.length === 1 ? "1 call" : `${unacknowledged.length} calls`;
  return `${calls} did not report success: ${nameSome(unacknowledged.map(nameOf))}`;
}

/** What ran after undos, as the rest of a sentence. */
function sayThenRun({ prepared, steps }: RunState): string {
  const ran = prepared.steps.flatMap(({ index, thenRun, call }) => {
    const state = vectorAt(steps, index);
    if (thenRun === null || call === null || state.kind !== "undone" || state.how !== "undone") return [];
    return [`${call.action} on ${call.target ?? "the domain"}`];
  });
  return ran.length === 0 ? "" : `; then ran: ${nameSome(ran)}`;
}

function callOf(run: RunState, index: number): CalledStep {
  const { call } = stepAt(run.prepared, index);
  invariant(call !== null, "only a call has an effect");
  return { stepId: call.id, target: call.target };
}

/** What the way back overwrote although this run had not written it, as the rest of a sentence. */
function overwritten(run: RunState, undone: readonly number[]): string {
  const facts = undone.flatMap((index) => {
    const state = vectorAt(run.steps, index);
    invariant(state.kind === "undone", "what was overwritten was undone");
    return state.over ?? [];
  });
  if (facts.length === 0) return "";
  const values = facts.map(({ name, value }) => `\`${name}\` = ${sayFact(value)}`);
  return `, over values that this run did not write: ${nameSome(values)}`;
}

/** Each step that is as it is on a person's word alone, in the order of the plan: a sentence for each. */
export function wordsIn(run: RunState): readonly string[] {
  const words: string[] = [];
  vectorItems(run.steps).forEach((state, index) => {
    const isPutBack = state.kind === "undone" && state.how === "by_person";
    if (!isPutBack && (state.kind !== "failed" || state.onWordOf === undefined)) return;
    const { call } = stepAt(run.prepared, index);
    invariant(call !== null, "only a call has an effect");
    words.push(sayOnWord(nameOf({ stepId: call.id, target: call.target }), state));
  });
  return words;
}

function sayOnWord(name: string, state: StepState & { readonly kind: "undone" | "failed" }): string {
  const { onWordOf } = state;
  // Releases that read no word back did not record with the step whose word it was.
  if (onWordOf === undefined) return `on a person's word, not read back: ${name} ${sayWord("restored")}`;
  const isRead = state.kind === "failed" && state.problem.code === "E_WORD_READ";
  const how = isRead ? "although it may still land" : "not read back";
  const said = quoteWords(onWordOf.reason);
  return `on the word of ${onWordOf.by.id}, ${how}: ${name} ${sayWord(onWordOf.as)} (${said})`;
}

/** What a person said, as the rest of a sentence about a step. */
export function sayWord(as: PersonsWord["as"]): string {
  return as === "restored" ? "was put back by hand" : "did not happen";
}

function countParts(account: Account): readonly string[] {
  const { writeCount, verifiedCount, skippedCount, failed, unacknowledged, unanswered } = account;
  const touched = failed.filter((step) => step.touched);
  return [
    writeCount === 0 ? "nothing was written" : `${verifiedCount} of ${writeCount} done and verified`,
    failed.length === 0 ? "" : `${failed.length} failed, tolerated: ${nameSome(failed.map(nameOf))}`,
    touched.length === 0 ? "" : `touched and not restored: ${nameSome(touched.map(nameOf))}`,
    unacknowledged.length === 0 ? "" : `${sayCalls(unacknowledged)}, and the effect was read back`,
    unanswered.length === 0 ? "" : `${unanswered.length} without an answer: ${nameSome(unanswered)}`,
    skippedCount === 0 ? "" : `${skippedCount} left out`,
  ];
}

/** What became of the steps of a run that reached its ending. Cost: O(plan), at most once a run. */
export function accountOf(run: RunState): Account {
  let [writeCount, verifiedCount, skippedCount] = [0, 0, 0];
  const unanswered: string[] = [];
  vectorItems(run.steps).forEach((state, index) => {
    const { step, isWrite, thenRun } = stepAt(run.prepared, index);
    if (thenRun !== null || proposedKind(step.kind).isEnding) return;
    if (state.kind === "skipped") skippedCount += 1;
    else if (isWrite) {
      writeCount += 1;
      if (state.kind === "settled") verifiedCount += 1;
    } else if (state.kind === "settled" && (state.outcome === "no_answer" || state.outcome === "expired"))
      unanswered.push(step.id);
  });
  return {
    writeCount,
    verifiedCount,
    skippedCount,
    failed: failedSteps(run),
    unacknowledged: unacknowledgedSteps(run),
    overwrote: overwrittenFacts(run),
    unanswered,
  };
}

function nameOf({ stepId, target }: CalledStep): string {
  return target ?? stepId;
}

/** How many names a sentence has room for. The lists beside it have all of them. */
const namesMax = 10;

function nameSome(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const rest = unique.length - namesMax;
  return `${unique.slice(0, namesMax).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
