import type { CanonicalSituation } from "../situation/canonical-order.ts";
import type { Need } from "../situation/situation.ts";
import type { OutcomeTable } from "./outcome-counts.ts";

/** A move exists where each step has one of the states marked here. A step that is gone (-1) has none. */
interface Gate {
  readonly step: number;
  readonly isMet: Uint8Array;
}

/**
 * Which moves exist at a belief: what they need has been done, and nothing has spoilt them. Both are questions about
 * the counts of outcomes alone, so a belief still is what it was counted to be, however it was reached.
 */
export interface MoveGates {
  readonly steps: readonly (readonly Gate[])[];
  readonly responses: readonly (readonly Gate[])[];
}

/** Prepares the gates of a situation. Cost: linear in the states of the steps, for each need and each spoiling. */
export function moveGatesOf(canonical: CanonicalSituation, tables: readonly OutcomeTable[]): MoveGates {
  const indexOf = (id: string): number => canonical.steps.findIndex(({ source }) => source.id === id);
  const gate = (step: number, isMet: (counts: readonly number[]) => boolean): Gate => ({
    step,
    isMet: Uint8Array.from(tables[step]?.countsOf ?? [], (counts) => (isMet(counts) ? 1 : 0)),
  });
  const needed = ({ step: id, outcomes, times }: Need): Gate => {
    const step = indexOf(id);
    const names = canonical.steps[step]?.outcomeIds ?? [];
    const counted = names.map((outcome) => outcomes.length === 0 || outcomes.includes(outcome));
    return gate(step, (counts) => counts.reduce((sum, count, o) => sum + (counted[o] ? count : 0), 0) >= times);
  };
  const untouched = (step: number): Gate => gate(step, (counts) => counts.every((count) => count === 0));
  return {
    steps: canonical.steps.map(({ source }) => [
      ...source.needs.map(needed),
      ...canonical.steps.flatMap((other, s) => (other.source.spoils.includes(source.id) ? [untouched(s)] : [])),
    ]),
    responses: canonical.responses.map(({ source }) => source.needs.map(needed)),
  };
}

/** Whether a move with these gates exists where the steps have these states. */
export function isThrough(gates: readonly Gate[] | undefined, stateOf: (step: number) => number): boolean {
  return gates === undefined || gates.every(({ step, isMet }) => step >= 0 && isMet[stateOf(step)] === 1);
}
