import type { Policy } from "../policy.ts";
import { countPrior } from "../situation/probability-sources.ts";
import type { NumberSource, Situation } from "../situation/situation.ts";
import type { CredibleInterval } from "../statistics/beta.ts";
import { dirichletIntervals } from "../statistics/dirichlet.ts";
import { keepsLimit } from "../tolerance.ts";
import { type CredibleNumbers, credibleFigures } from "./credible-set.ts";

/** How far a policy's risk may be off, by the counts that a situation's rows are made of. */
export interface CountedRisk {
  /** The posterior mass of the set, over all counted numbers together. */
  readonly mass: number;
  /** The largest risk in the set, as far as the limit counts it. */
  readonly high: number;
  readonly isLimitKept: boolean;
  /** How many rows rest on counts. Rows without counts, utilities and risks are taken as they are. */
  readonly rowCount: number;
}

const mass = 0.9;

/**
 * Evaluates a policy over the credible set of the rows that are counts. What was seen so far is taken as it is.
 *
 * @param start - the situation as it was read, which knows where its numbers are from
 * @param remaining - what is left of it, for which the policy was decided
 * @returns `null` when no row that the policy rests on is a count
 *
 * Cost: two quantiles for every counted number, and the nodes of the policy some times.
 */
export function countedRisk(start: Situation, remaining: Situation, policy: Policy): CountedRisk | null {
  const counted = remaining.steps.map((step) => rowsOf(start, remaining, step.id));
  const prior = remaining.seen === null ? sourceAt(start, "/prior") : null;
  const rows = [...counted.flat(), prior].filter((row) => row !== null);
  if (rows.length === 0 || (policy.kind === "commit" && prior === null)) return null;
  const numberCount = rows.reduce((sum, row) => sum + row.length, 0);
  const massOfEach = 1 - (1 - mass) / numberCount;
  const point = (value: number): CredibleInterval => ({ low: value, high: value, mass: massOfEach });
  const rowFrom = (mean: readonly number[], row: readonly number[] | null): CredibleNumbers["prior"] => ({
    mean,
    intervals:
      row === null || row.length !== mean.length
        ? mean.map(point)
        : dirichletIntervals({ concentrations: row }, massOfEach),
  });
  const priors = remaining.contexts.map((context) => context.prior);
  const figures = credibleFigures(
    {
      situation: remaining,
      prior: rowFrom(priors, prior),
      likelihoods: remaining.steps.flatMap((step, s) =>
        step.kind === "try"
          ? []
          : [
              {
                step: step.id,
                rows: remaining.contexts.map((_, c) =>
                  rowFrom(
                    step.outcomes.map((outcome) => outcome.likelihoodByContext[c] ?? 0),
                    counted[s]?.[c] ?? null,
                  ),
                ),
              },
            ],
      ),
      cells: remaining.responses.flatMap((response) => {
        const isCounted = response.kind === "act" || remaining.limitCovers === "everything";
        return remaining.contexts.map(({ id: context }, c) => {
          const utility = response.utilityByContext[c] ?? 0;
          const risk = isCounted ? (response.catastropheByContext[c] ?? 0) : 0;
          return {
            response: response.id,
            context,
            utility: { mean: utility, interval: point(utility) },
            catastrophe: { mean: risk, interval: point(risk) },
          };
        });
      }),
      massOfEach,
      options: { mass },
    },
    policy,
  );
  const limit = Math.max(0, remaining.limit - remaining.riskSpent);
  const { high } = figures.risk;
  return { mass, high, isLimitKept: keepsLimit({ risk: high, limit }), rowCount: rows.length };
}

/** The concentrations of a step's rows, one for each context; `null` where a row is not counted. */
function rowsOf(start: Situation, { contexts }: Situation, stepId: string): readonly (readonly number[] | null)[] {
  const place = `/steps/${start.steps.findIndex(({ id }) => id === stepId)}/likelihood`;
  return contexts.map(
    ({ id }) => sourceAt(start, `${place}/${id}`) ?? sourceAt(start, `${place}/*`) ?? sourceAt(start, place),
  );
}

/** Counts, opinion and the half count of each cell, where the number at this place is a count. */
function sourceAt({ sources }: Situation, pointer: string): readonly number[] | null {
  const source = sources.find((one) => one.pointer === pointer);
  return source === undefined || source.kind !== "counts" ? null : concentrationsOf(source);
}

function concentrationsOf({ counts, opinion }: NumberSource): readonly number[] {
  const length = Math.max(counts.length, opinion.length);
  return Array.from({ length }, (_, at) => (counts[at] ?? 0) + (opinion[at] ?? 0) + countPrior);
}
