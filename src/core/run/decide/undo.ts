import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep, Compensation, ObjectRef } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { undoArguments } from "../ready/arguments.ts";
import { landingMs, tellsNothing, tellsUndo } from "../ready/direction.ts";
import { describeFacts, knownFacts, objectIn, sameFacts } from "../ready/facts.ts";
import type { ObserveCommand } from "../words/command.ts";
import type { ObservedInput } from "../words/input.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { type Effort, type EffortState, isEffort, wasApplied } from "../words/step.ts";
import { type Draft, emit } from "./draft.ts";
import { noteReading } from "./hold-invariants.ts";
import { emitIntent } from "./intent.ts";
import { doubt, soil } from "./turn.ts";

/*
 * The way back of one step. It asks for no approval and no policy and heeds no freeze: it needs only that the world is
 * as we left it (I24). It is a no-op if nothing is left to undo (I4). It is done when the facts of before were read
 * again (I20). Anything else is for a person: the run is dirty, keeps its locks, and names its owner.
 */

type Seen = Extract<ObservedInput["result"], { readonly kind: "seen" }>;
type Reading = { readonly result: Seen; readonly failed: Problem | null };

/** Decides the reading before an undo. */
export function undoBeforeRead(
  draft: Draft,
  prepared: PreparedStep,
  from: Reading & { readonly isLast: boolean },
): void {
  const { call, undo } = wayBack(prepared);
  const state = vectorAt(draft.run.steps, prepared.index);
  invariant(state.kind === "undo_ready", "a reading before an undo is for a step about to be undone");
  if (from.failed !== null) return from.isLast ? soil(draft, prepared.step.id, from.failed) : undefined;
  const now = from.result.objects;
  const before = state.done.baseline;
  noteReading(draft, prepared, { at: "way_back", objects: now });
  const target = objectIn(now, call.target);
  const known = prepared.targetIndex < 0 ? null : vectorAt(draft.run.baselines, prepared.targetIndex);
  const isAsLeft = isLeftAlone(undo, known, target);
  const isAsBefore =
    undo.restores.length > 0 &&
    sameFacts(undo.restores, before, now) &&
    (isAsLeft || isSameConfiguration(objectIn(before, call.target), target));
  // What ran and failed is undone by its declared way back, whatever the facts say: they do not show all that it did.
  // What must run after an undo runs as well.
  if (isAsBefore && state.done.hasRun !== true) return compensated(draft, prepared, "nothing_happened", now);
  const isKnown = isAsLeft || (isAsBefore && prepared.thenRun !== null);
  if (!isKnown && call.target !== null)
    return soil(
      draft,
      prepared.step.id,
      problem("E_COMPENSATION_DRIFT", "", sayDrift(call.target, undo.restores, { before, now })),
    );
  const args = undoArguments(call, before, { isThenRun: prepared.thenRun !== null });
  if (!args.ok) return soil(draft, prepared.step.id, args.error);
  emitIntent(draft, prepared, { direction: "undo", args: args.value, baseline: now, pace: null });
}

/** Decides the reading after an undo, acknowledged or in doubt. */
export function undoAfterRead(draft: Draft, prepared: PreparedStep, command: ObserveCommand, from: Reading): void {
  const { call, undo } = wayBack(prepared);
  const state = vectorAt(draft.run.steps, prepared.index);
  invariant(isEffort(state) && state.done !== null, "a reading after an undo belongs to its effort");
  const isRestored = from.failed === null && sameFacts(undo.restores, state.done.baseline, from.result.objects);
  // A person's word can lead here although no try of ours landed. Then there was nothing left to undo.
  const isOurs = state.kind === "in_doubt" || wasApplied(state.effort);
  // Facts that were as before already do not show that what must run has run. Then a person has to say so.
  if (isRestored && tellsNothing(prepared, state)) return;
  const isShown = from.result.heldMs >= command.holdMs;
  if (isRestored && isShown && showsUndo(call, state, from.result.waitedMs))
    return compensated(draft, prepared, isOurs ? "undone" : "nothing_happened", from.result.objects);
  if (state.kind === "in_doubt" && !wasApplied(state.effort)) {
    const withinMs = landingMs(call, state);
    if (from.failed !== null || withinMs === null || from.result.waitedMs < withinMs) return;
    const message = `the way back of \`${prepared.step.id}\` did not happen: ${state.problem.message}`;
    return undoFailed(draft, prepared, problem("E_COMPENSATION_FAILED", "", message));
  }
  if (draft.atMs < command.untilMs) return;
  noteReading(draft, prepared, { at: "way_back", objects: from.result.objects });
  const shows = describeFacts(undo.restores, from.result.objects);
  const { word } = state.effort;
  if (word !== undefined) return refuteUndo(draft, prepared, word, { failed: from.failed, shows });
  if (from.failed !== null) return undoFailed(draft, prepared, from.failed);
  const message = `\`${command.expect}\` does not hold after the way back; found ${shows}`;
  undoFailed(draft, prepared, problem("E_COMPENSATION_FAILED", "", message));
}

/**
 * Whether a reading that shows the facts of before shows that a way back in doubt is over. Where they were so before it
 * was sent, they show nothing of it: it may still land, and only the target's own bound says when not.
 */
function showsUndo(call: CallStep, state: EffortState, waitedMs: number): boolean {
  if (state.kind !== "in_doubt" || wasApplied(state.effort) || tellsUndo(call, state)) return true;
  const withinMs = landingMs(call, state);
  return withinMs !== null && waitedMs >= withinMs;
}

/** No reading confirms a person who says that the way back happened: the step is where it was before the word. */
function refuteUndo(
  draft: Draft,
  prepared: PreparedStep,
  word: NonNullable<Effort["word"]>,
  { failed, shows }: { readonly failed: Problem | null; readonly shows: string },
): void {
  const said = `${quote(word.by.id)} says that the way back of ${quote(prepared.step.id)} happened`;
  const found =
    failed === null
      ? problem("E_WORD_REFUTED", `/steps/${prepared.index}`, `${said}; the reading shows ${shows}`)
      : { ...failed, message: `${said}, and it could not be read back: ${failed.message}` };
  const isDoubt = word.attempts.some(({ status }) => status === "open" || status === "unknown");
  if (isDoubt) doubt(draft, prepared, found);
  else undoFailed(draft, prepared, found);
}

/** The way back failed: the run is dirty, and a person goes on from here. */
export function undoFailed(draft: Draft, prepared: PreparedStep, why: Problem): void {
  if (draft.run.phase.kind === "compensating") soil(draft, prepared.step.id, why);
}

function compensated(
  draft: Draft,
  prepared: PreparedStep,
  how: "undone" | "nothing_happened",
  objects: readonly ObservedObject[],
): void {
  const left = objectIn(objects, wayBack(prepared).call.target);
  noteReading(draft, prepared, { at: "way_back", objects });
  emit(draft, {
    kind: "step_compensated",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    how,
    facts: knownFacts(objects),
    left,
  });
}

function wayBack(prepared: PreparedStep): { readonly call: CallStep; readonly undo: Compensation } {
  const { call } = prepared;
  invariant(call !== null && call.compensation !== null, "only a step with a way back is undone");
  return { call, undo: call.compensation };
}

function sayDrift(
  target: ObjectRef,
  facts: readonly string[],
  { before, now }: { readonly before: readonly ObservedObject[]; readonly now: readonly ObservedObject[] },
): string {
  const drifted = `\`${target}\` is not as this run left it`;
  if (facts.length === 0) return drifted;
  return `${drifted}; found ${describeFacts(facts, now)}; before the write it was ${describeFacts(facts, before)}`;
}

function isSameConfiguration(known: ObservedObject | null, now: ObservedObject | null): boolean {
  return known !== null && now !== null && known.fingerprint === now.fingerprint;
}

/**
 * Whether a target is as we left it: same fingerprint, and nobody changed the facts that the undo puts back. Other
 * facts may be measurements, so they do not count.
 */
function isLeftAlone(undo: Compensation, known: ObservedObject | null, now: ObservedObject | null): boolean {
  if (known === null || now === null || known.fingerprint !== now.fingerprint) return false;
  return known.facts.every(
    (fact) =>
      !undo.restores.includes(fact.name) ||
      now.facts.some((other) => other.name === fact.name && other.value === fact.value),
  );
}
