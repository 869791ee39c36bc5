import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { ObjectRef } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { describeFacts, factIn, knownFacts, objectIn } from "../ready/facts.ts";
import { sayTold } from "../ready/operation.ts";
import { stepAt } from "../ready/prepare.ts";
import type { ObserveCommand } from "../words/command.ts";
import type { PersonsWord } from "../words/event.ts";
import type { ObservedInput, ResolveInput } from "../words/input.ts";
import { isUnderWay, type OperationState } from "../words/operation.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { directionOf, type EffortState, isEffort, mayStillLand, type StepState, wasApplied } from "../words/step.ts";
import { sayWord } from "./account.ts";
import { type Draft, emit, personRequired, reasonRequired, unexpected } from "./draft.ts";
import { doubt, failStep, soil } from "./turn.ts";

/*
 * A person's word on a step. It is no fact: the target is read, and the reading confirms or refutes it (I20). Where
 * nothing can be read the word stands, and the run ends `closed` on it, whatever its other steps show. Nothing is sent
 * because of a word alone.
 *
 * While an operation is under way no word is taken at all. No reading shows how it ends, and whatever followed from the
 * word would run beside it: another start, a way back, or the next step. Its system says when it is over (I27).
 */

type Seen = Extract<ObservedInput["result"], { readonly kind: "seen" }>;

/** Decides a person's word on a step in doubt, or on the step at which a dirty run is stuck. */
export function decideResolve(draft: Draft, input: ResolveInput): Problem | null {
  const index = draft.run.prepared.indexById.get(input.stepId);
  if (index === undefined) return unexpected(input, `the plan of this run has no step ${quote(input.stepId)}`);
  const prepared = stepAt(draft.run.prepared, index);
  const { phase } = draft.run;
  const state = vectorAt(draft.run.steps, index);
  const isDirtyHere = phase.kind === "dirty" && phase.order[phase.position] === index;
  if (state.kind !== "in_doubt" && !isDirtyHere)
    return unexpected(input, `${quote(input.stepId)} is not in doubt, and no way back is stuck at it`);
  if (input.by.kind !== "person") return personRequired(input.by);
  const operation = isEffort(state) ? state.effort.operation : undefined;
  if (isUnderWay(operation)) return notEnded(prepared, operation);
  const isUndo = isDirtyHere || (isEffort(state) && directionOf(state) === "undo");
  const { as, by, reason } = input;
  // Both lead to a reading anyway: of the effect, or of the world before the next try.
  if (as === "applied" || (as === "not_applied" && isUndo)) {
    if (as === "applied" && isDirtyHere && !isEffort(state))
      return unexpected(input, `no way back of ${quote(input.stepId)} was sent, so none can have happened`);
    resolved(draft, prepared, { as, by, reason }, isUndo);
    return null;
  }
  if (reason.trim() === "") return reasonRequired(input);
  const word = { as, by, reason };
  // A killed run reads nothing any more. Its undo stays unfinished, and its end lists the step.
  if (phase.kind === "killed" && isUndo) resolved(draft, prepared, word, isUndo);
  else if (phase.kind === "killed") letStand(draft, prepared, word, isUndo);
  else
    emit(draft, {
      kind: "word_given",
      runId: input.runId,
      stepId: input.stepId,
      direction: isUndo ? "undo" : "do",
      ...word,
    });
  return null;
}

function notEnded({ step, index }: PreparedStep, { id, last }: OperationState): Problem {
  const told = last === null ? "" : sayTold(last.told);
  const message = `the operation ${quote(id)} of ${quote(step.id)} has not ended${told === "" ? "" : `: ${told}`}`;
  return problem("E_OPERATION_UNDER_WAY", `/steps/${index}/operation`, message);
}

/** Decides the reading after a person's word. */
export function wordRead(
  draft: Draft,
  prepared: PreparedStep,
  command: ObserveCommand,
  from: { readonly result: Seen; readonly failed: Problem | null },
): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  invariant(
    (state.kind === "undo_ready" || state.kind === "in_doubt") && state.claim !== undefined,
    "a word is read for a step of which something was said",
  );
  const { claim: word } = state;
  const isUndo = state.done !== null;
  if (from.failed !== null) return draft.atMs < command.untilMs ? undefined : letStand(draft, prepared, word, isUndo);
  const facts = factsOf(prepared, isUndo);
  const before = baselineOf(state);
  const now = from.result.objects;
  switch (compare(prepared, { facts, before, now })) {
    case "as_before":
      return confirm(draft, prepared, word, { state, now });
    case "unknown":
      return letStand(draft, prepared, word, isUndo);
    case "otherwise":
      return refute(draft, prepared, state, refutation(prepared, word, { facts, before, now }));
  }
}

/** The facts that tell: those that the way back restores, or else those that the action changes. */
function factsOf(prepared: PreparedStep, isUndo: boolean): readonly string[] {
  const { call } = prepared;
  invariant(call !== null, "only a call has an effect");
  const restores = isUndo ? (call.compensation?.restores ?? []) : [];
  return restores.length > 0 ? restores : call.effect.map(({ fact }) => fact);
}

/** A step of which a person may say something. */
type SpokenOf = Extract<StepState, { readonly kind: "undo_ready" }> | EffortState;

function baselineOf(state: SpokenOf): readonly ObservedObject[] {
  if (state.kind === "undo_ready") return state.done.baseline;
  return (state.done ?? state.effort).baseline;
}

function targetOf({ call }: PreparedStep): ObjectRef | null {
  invariant(call !== null, "only a call has an effect");
  return call.target;
}

interface Readings {
  readonly facts: readonly string[];
  readonly before: readonly ObservedObject[];
  readonly now: readonly ObservedObject[];
}

/** Whether a reading shows the world as it was before the write. It tells nothing if it does not show every fact. */
function compare(prepared: PreparedStep, { facts, before, now }: Readings): "as_before" | "otherwise" | "unknown" {
  let isKnown = facts.length > 0;
  for (const name of facts) {
    const [was, is] = [factIn(before, name), factIn(now, name)];
    if (was === null || is === null) isKnown = false;
    else if (was !== is) return "otherwise";
  }
  const target = targetOf(prepared);
  const fingerprint = objectIn(before, target)?.fingerprint;
  return isKnown || (fingerprint !== undefined && fingerprint === objectIn(now, target)?.fingerprint)
    ? "as_before"
    : "unknown";
}

/** The reading shows what was said. */
function confirm(
  draft: Draft,
  prepared: PreparedStep,
  word: PersonsWord,
  { state, now }: { readonly state: SpokenOf; readonly now: readonly ObservedObject[] },
): void {
  const isUndo = state.done !== null;
  resolved(draft, prepared, word, isUndo);
  if (!isUndo) return failAsRead(draft, prepared, word, { state, now });
  emit(draft, {
    kind: "step_compensated",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    how: "nothing_happened",
    facts: knownFacts(now),
    left: objectIn(now, targetOf(prepared)),
  });
}

/** Nothing can be read: the word stands, and the end of the run says on whose word it rests. */
function letStand(draft: Draft, prepared: PreparedStep, word: PersonsWord, isUndo: boolean): void {
  resolved(draft, prepared, word, isUndo);
  if (!isUndo) return failUnread(draft, prepared, word);
  emit(draft, {
    kind: "step_compensated",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    how: "by_person",
    facts: [],
    left: null,
    onWordOf: word,
  });
}

/** The reading shows something else: the step is where it was before the word. */
function refute(draft: Draft, prepared: PreparedStep, state: SpokenOf, found: Problem): void {
  const isDoubt = isEffort(state) && (state.done === null || mayStillLand(state.effort));
  if (isDoubt) doubt(draft, prepared, found);
  else soil(draft, prepared.step.id, found);
}

function refutation(prepared: PreparedStep, word: PersonsWord, { facts, before, now }: Readings): Problem {
  const step = quote(prepared.step.id);
  const said = `${quote(word.by.id)} says that ${step} ${sayWord(word.as)}`;
  const shows = `the reading shows ${describeFacts(facts, now)}`;
  const was = `before the write it was ${describeFacts(facts, before)}`;
  return problem("E_WORD_REFUTED", `/steps/${prepared.index}`, `${said}; ${shows}, and ${was}`);
}

function resolved(
  draft: Draft,
  prepared: PreparedStep,
  word: Pick<ResolveInput, "as" | "by" | "reason">,
  isUndo: boolean,
): void {
  const { as, by, reason } = word;
  emit(draft, {
    kind: "step_resolved",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    direction: isUndo ? "undo" : "do",
    as,
    by,
    reason,
  });
}

/**
 * The reading shows the world as before. That is no proof that an acknowledged write never lands, and the word
 * `restored` says that the write had landed. In both cases the step is as it is on the person's word.
 */
function failAsRead(
  draft: Draft,
  prepared: PreparedStep,
  word: PersonsWord,
  { state, now }: { readonly state: SpokenOf; readonly now: readonly ObservedObject[] },
): void {
  const { call, step, index } = prepared;
  invariant(isEffort(state) && call !== null, "what is not being undone is an effort");
  const isAcknowledged = wasApplied(state.effort);
  const notes = [
    `${quote(word.by.id)} says that ${quote(step.id)} ${sayWord(word.as)}, and the target reads as before the write`,
    isAcknowledged ? "it was acknowledged" : "",
    word.as === "restored" && call.compensation === null ? "its action declares no way back" : "",
    "if it lands later, this run does not see it",
  ];
  const message = notes.filter((note) => note !== "").join("; ");
  const stands = isAcknowledged || word.as === "restored";
  failStep(draft, prepared, {
    problem: problem("E_WORD_READ", `/steps/${index}`, message),
    touched: false,
    left: objectIn(now, call.target),
    // No branch of the plan goes on from a word that nothing confirms.
    authority: stands,
    onWordOf: stands ? word : null,
  });
}

function failUnread(draft: Draft, prepared: PreparedStep, word: PersonsWord): void {
  const said = `${quote(word.by.id)} says that ${quote(prepared.step.id)} ${sayWord(word.as)}`;
  const found = problem("E_WORD_UNREAD", `/steps/${prepared.index}`, `${said}, and nothing could be read`);
  failStep(draft, prepared, { problem: found, touched: false, left: null, authority: true, onWordOf: word });
}
