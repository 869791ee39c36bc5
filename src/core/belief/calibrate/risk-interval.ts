import { createRng, type RngCursor } from "../../value/rng.ts";
import { situationAfter } from "../belief.ts";
import type { Policy } from "../policy.ts";
import { countPrior } from "../situation/probability-sources.ts";
import type { NumberSource, Situation, SituationStep } from "../situation/situation.ts";
import { ownRiskOf } from "../solve/evaluate-policy.ts";
import { drawDirichlet } from "../statistics/draw-dirichlet.ts";

/** How probable a policy's catastrophe is, by everything that the counts leave open. As far as the limit counts it. */
export interface RiskInterval {
  /** The posterior mass between `low` and `high`, half of the rest on each side. */
  readonly mass: number;
  readonly low: number;
  readonly median: number;
  readonly high: number;
  /** The share of the posterior in which the limit is not kept. */
  readonly overLimit: number;
  /** What the rows rest on: incidents that were counted, pseudo-counts of opinion, and the half count of each cell. */
  readonly seenCount: number;
  readonly opinionCount: number;
  readonly halfCount: number;
}

const mass = 0.9;
const drawCount = 500;
const seed = 1763;

/**
 * Draws the counted rows of a situation from their posterior, again and again: the prior, and every likelihood that the
 * policy or what was seen rests on. Each draw has its own belief after what was seen, and its own risk. The draws are
 * always the same.
 *
 * Utilities and catastrophe probabilities are taken as they are, because a situation has no counts of them.
 *
 * @param start - the situation as it was read, which knows where its numbers are from
 * @param remaining - what is left of it, for which the policy was decided
 * @returns `null` when no number that matters is a count
 *
 * Cost: the nodes of the policy × contexts, for each of 500 draws.
 */
export function riskInterval(start: Situation, remaining: Situation, policy: Policy): RiskInterval | null {
  const seen = remaining.seen?.items ?? [];
  const relevant = new Set([...stepsIn(policy), ...seen.map(({ step }) => step)]);
  const places = start.steps.flatMap(({ id }, s) => (relevant.has(id) ? [`/steps/${s}/likelihood`] : []));
  const sources = start.sources.filter(
    ({ kind, pointer }) =>
      kind === "counts" &&
      (pointer === "/prior" || places.some((place) => pointer === place || pointer.startsWith(`${place}/`))),
  );
  if (sources.length === 0) return null;
  const rng = createRng(seed);
  const risks: number[] = [];
  for (let draw = 0; draw < drawCount; draw += 1) {
    const after = situationAfter(
      drawSituation(start, remaining, sources, rng),
      seen.map(({ step, outcome }) => ({ step, outcome })),
    );
    if (after.ok) risks.push(ownRiskOf({ ...after.value, steps: allSteps(after.value, start) }, policy));
  }
  risks.sort((left, right) => left - right);
  const at = (share: number): number => risks[Math.min(risks.length - 1, Math.floor(share * risks.length))] ?? 0;
  const left = Math.max(0, remaining.limit - remaining.riskSpent);
  const sumOf = (list: (source: NumberSource) => readonly number[]): number =>
    sources.reduce((sum, source) => sum + list(source).reduce((own, count) => own + count, 0), 0);
  return {
    mass,
    low: at((1 - mass) / 2),
    median: at(0.5),
    high: at((1 + mass) / 2),
    overLimit: risks.length === 0 ? 0 : risks.filter((risk) => risk > left).length / risks.length,
    seenCount: sumOf(({ counts }) => counts),
    opinionCount: sumOf(({ opinion }) => opinion),
    halfCount: sources.reduce(
      (sum, { counts, opinion }) => sum + countPrior * Math.max(counts.length, opinion.length),
      0,
    ),
  };
}

/** The steps of a drawn situation, with those that were used up: a policy names only steps that are left. */
function allSteps(after: Situation, start: Situation): readonly SituationStep[] {
  return [...after.steps, ...start.steps.filter(({ id }) => !after.steps.some((step) => step.id === id))];
}

function stepsIn(policy: Policy): readonly string[] {
  return policy.kind === "commit" ? [] : [policy.step, ...policy.on.flatMap(({ then }) => stepsIn(then))];
}

/** The situation at its start, with every counted row drawn anew; once for all contexts that it stands for. */
function drawSituation(
  start: Situation,
  remaining: Situation,
  sources: readonly NumberSource[],
  rng: RngCursor,
): Situation {
  const drawn = new Map(sources.map((source) => [source.pointer, drawDirichlet(rng, concentrationsOf(source))]));
  return {
    ...start,
    contexts: drawPriors(start, remaining, drawn.get("/prior")),
    steps: start.steps.map((step, s): SituationStep => {
      if (step.kind === "try") return step;
      const place = `/steps/${s}/likelihood`;
      const rowOf = (context: string) =>
        drawn.get(`${place}/${context}`) ?? drawn.get(`${place}/*`) ?? drawn.get(place);
      const rows = start.contexts.map(({ id }) => rowOf(id));
      return {
        ...step,
        outcomes: step.outcomes.map((outcome, o) => ({
          ...outcome,
          likelihoodByContext: outcome.likelihoodByContext.map((p, c) => rows[c]?.[o] ?? p),
        })),
      };
    }),
  };
}

/** Judges that were heard have moved the priors, and move those of a draw as much. */
function drawPriors(start: Situation, remaining: Situation, row: readonly number[] | undefined): Situation["contexts"] {
  const heard = remaining.seen?.priorByContext ?? remaining.contexts.map(({ prior }) => prior);
  const named = start.contexts.slice(0, row?.length ?? 0).reduce((sum, { prior }) => sum + prior, 0);
  const weights = start.contexts.map(({ prior }, c) => {
    const own = row?.[c] === undefined ? prior : row[c] * named;
    return prior === 0 ? 0 : own * ((heard[c] ?? 0) / prior);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return start.contexts.map((context, c) => ({ ...context, prior: (weights[c] ?? 0) / total }));
}

function concentrationsOf({ counts, opinion }: NumberSource): readonly number[] {
  const length = Math.max(counts.length, opinion.length);
  return Array.from({ length }, (_, at) => (counts[at] ?? 0) + (opinion[at] ?? 0) + countPrior);
}
