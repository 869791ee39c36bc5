/**
 * The risks that a plan can have. They are named in the review, and a site may refuse them. A code is never renamed.
 *
 * - `overwritten_write`: a later step of the same course always sets what the write sets, and nothing between needs it.
 * - `returns_to_state`: the plan's own writes lead back to a state that it was in before, with no look in between.
 * - `no_invariants`: the plan writes, and its domain does not say what must always hold.
 * - `unasked_change`: the plan writes, and no goal asks for what it leaves behind.
 * - `whole_fleet`: half of the objects of a type, or more, are written side by side before any of them was looked at.
 * - `no_soak`: a release reaches one object after another with nothing waited for or looked at in between.
 * - `buried_step`: among many equal writes stands one that is unlike all others.
 * - `outlasts_approval`: more time passes between the first write and the last than an approval counts here.
 * - `idle_lock`: the run keeps its locks for more than an hour without writing.
 * - `late_repair`: an invariant is false now, and the plan lets time pass before its first write.
 * - `uncancellable_operation`: a call starts a long operation that cannot be cancelled, so a stop waits for it.
 * - `inverted_evidence`: a response is sent on the outcome of a probe that speaks most against it.
 */
export const riskCodes = [
  "overwritten_write",
  "returns_to_state",
  "no_invariants",
  "unasked_change",
  "whole_fleet",
  "no_soak",
  "buried_step",
  "outlasts_approval",
  "idle_lock",
  "late_repair",
  "uncancellable_operation",
  "inverted_evidence",
] as const;

/** One of them. */
export type RiskCode = (typeof riskCodes)[number];
