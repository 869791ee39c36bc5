import type { ObservedObject } from "../../plan/compile/read-object.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { factIn } from "../ready/facts.ts";
import { stepAt } from "../ready/prepare.ts";
import type { ChangedFact } from "../words/event.ts";
import type { PlannedFact, PreparedStep } from "../words/prepared.ts";
import type { RunState } from "../words/state.ts";

/*
 * Facts that are not as the plan was made on them. A change of the target's fingerprint stops the run. A fact outside
 * of it may be a measurement, so a change of it is told and stops nothing: an action whose domain wants otherwise has
 * the fact in its fingerprint, or in its precondition.
 */

/**
 * The facts that a write is about to overwrite, or that its precondition reads, and that are neither as planned nor as
 * this run left them. A fact that cannot be read is not known to have changed.
 */
export function changedSincePlanned(
  run: RunState,
  { planned }: PreparedStep,
  now: readonly ObservedObject[],
): readonly ChangedFact[] {
  return planned.flatMap((fact) => {
    const found = factIn(now, fact.name);
    if (found === null) return [];
    const before = valueBefore(run, fact, found);
    if (before.value === null || before.value === found) return [];
    const { name, becomes } = fact;
    const isOverwritten = becomes !== null && becomes !== found;
    return [{ name, was: before.value, found, since: before.since, isOverwritten }];
  });
}

/** The value that a fact had as far as this run knows: as planned, or as its own newest write left it. */
function valueBefore(
  run: RunState,
  { name, value, objectIndex }: PlannedFact,
  found: ChangedFact["found"],
): Pick<ChangedFact, "since"> & { readonly value: ChangedFact["was"] | null } {
  const planned = { value, since: "planned" } as const;
  const known = vectorAt(run.baselines, objectIndex);
  const left = known === null ? null : factIn([known], name);
  // Nearly every fact is as planned and as it was last read. Only then nobody has to look for a write of this run.
  if (found === value && found === left) return planned;
  for (let link = run.touched; link !== null; link = link.rest) {
    const { call, targetIndex } = stepAt(run.prepared, link.index);
    if (targetIndex === objectIndex) return { value: left, since: "left" };
    const made = call?.effect.find(({ fact }) => fact === name);
    if (made !== undefined) return { value: made.value, since: "left" };
  }
  return planned;
}
