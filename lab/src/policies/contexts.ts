/** The contexts a situation names, and how likely they are before anything is observed. */

import { MAIN_FAULTS, type MainFault } from "../contract/faults.ts";

/** Priors by name. `essay` is that of the essay's corpus: 50 % LOAD, 25 % DB, 15 % BUG, 10 % CIRCUIT. */
export const PRIORS = {
  essay: { LOAD: 0.5, DB: 0.25, BUG: 0.15, CIRCUIT: 0.1 },
  uniform: { LOAD: 0.25, DB: 0.25, BUG: 0.25, CIRCUIT: 0.25 },
} as const satisfies Record<string, Readonly<Record<MainFault, number>>>;
/** Name of a prior. */
export type PriorName = keyof typeof PRIORS;

/** Draws a context from a prior with one uniform number in [0, 1). */
export function drawContext(prior: Readonly<Record<MainFault, number>>, uniform: number): MainFault {
  let below = 0;
  for (const fault of MAIN_FAULTS) {
    below += prior[fault];
    if (uniform < below) return fault;
  }
  return "CIRCUIT"; // The sum may fall short of 1 by rounding.
}
