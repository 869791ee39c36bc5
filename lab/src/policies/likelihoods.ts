/**
 * P(outcome | context) for each probe, counted over incidents, and Bayes' rule over them.
 *
 * The table beside this file was counted from the twin by `npm run twin:likelihoods`; a test counts a few again.
 */

import { MAIN_FAULTS, type MainFault } from "../contract/faults.ts";
import { PROBE_NAMES, type ProbeName } from "../contract/probes.ts";
import { type Outcome, PROBE_OUTCOMES } from "./outcomes.ts";

/** Format name of the table. */
export const LIKELIHOODS_FORMAT = "interlock-lab.likelihoods/1";

/** How often each outcome of each probe was seen under each context. */
export interface Likelihoods {
  readonly format: typeof LIKELIHOODS_FORMAT;
  readonly incidentsPerContext: number;
  readonly counts: Readonly<Record<MainFault, Readonly<Partial<Record<ProbeName, Readonly<Record<string, number>>>>>>>;
}

/** What a count is made of: a context, and the named outcomes seen in it. */
export interface LabelledOutcomes {
  readonly context: MainFault;
  readonly outcomes: Readonly<Partial<Record<ProbeName, string>>>;
}

/** Counts outcomes by context. */
export function countLikelihoods(incidents: readonly LabelledOutcomes[]): Likelihoods {
  const countOf = (context: MainFault, probe: ProbeName, outcome: string): number =>
    incidents.filter((incident) => incident.context === context && incident.outcomes[probe] === outcome).length;
  const byProbe = (context: MainFault): Partial<Record<ProbeName, Record<string, number>>> =>
    Object.fromEntries(
      PROBE_NAMES.map((probe) => [
        probe,
        Object.fromEntries(PROBE_OUTCOMES[probe].map((outcome) => [outcome, countOf(context, probe, outcome)])),
      ]),
    );
  return {
    format: LIKELIHOODS_FORMAT,
    incidentsPerContext: Math.round(incidents.length / MAIN_FAULTS.length),
    counts: { LOAD: byProbe("LOAD"), DB: byProbe("DB"), BUG: byProbe("BUG"), CIRCUIT: byProbe("CIRCUIT") },
  };
}

/** P(outcome | context) by Laplace's rule: one more of each, so that no probe rules a context out for ever. */
export function likelihoodOf(
  table: Likelihoods,
  context: MainFault,
  seen: { readonly probe: ProbeName; readonly outcome: Outcome },
): number {
  if (seen.outcome === "no_answer") return 1; // Silence says the same of every context.
  const counts = table.counts[context][seen.probe] ?? {};
  const total = PROBE_OUTCOMES[seen.probe].reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0);
  return ((counts[seen.outcome] ?? 0) + 1) / (total + PROBE_OUTCOMES[seen.probe].length);
}

/** Posterior over the main contexts, observations taken as independent given the context (naive Bayes). */
export function posteriorOf(
  table: Likelihoods,
  prior: Readonly<Record<MainFault, number>>,
  observations: readonly { readonly probe: ProbeName; readonly outcome: Outcome }[],
): Record<MainFault, number> {
  const weightOf = (context: MainFault): number =>
    observations.reduce((weight, seen) => weight * likelihoodOf(table, context, seen), prior[context]);
  const weights = { LOAD: weightOf("LOAD"), DB: weightOf("DB"), BUG: weightOf("BUG"), CIRCUIT: weightOf("CIRCUIT") };
  const sum = MAIN_FAULTS.reduce((total, context) => total + weights[context], 0);
  return { LOAD: weights.LOAD / sum, DB: weights.DB / sum, BUG: weights.BUG / sum, CIRCUIT: weights.CIRCUIT / sum };
}
