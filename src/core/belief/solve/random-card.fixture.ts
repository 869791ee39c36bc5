import type { RngCursor } from "../../value/rng.ts";
import {
  countPolicies,
  type PlainCard,
  type PlainCommit,
  type PlainNumbers,
  type PlainStep,
} from "./reference-solver.fixture.ts";

/**
 * A random small card. Numbers lie on coarse grids, so that ties, equal risks and certain outcomes are common.
 *
 * @param policyCountMax - the horizon is lowered until the card has at most this many policies
 */
export function randomCard(rng: RngCursor, policyCountMax: number): PlainCard {
  const contexts = priorsOf(rng, 1 + rng.below(3));
  const ids = contexts.map(({ id }) => id);
  const steps = Array.from({ length: Math.min(3, rng.below(6)) }, (_, index) => randomStep(rng, ids, index));
  const commits = Array.from({ length: 1 + rng.below(3) }, (_, index) => randomCommit(rng, ids, index));
  const card: PlainCard = {
    contexts,
    steps,
    commits,
    catastropheUtility: -10 * rng.below(10),
    maxCatastropheProbability: rng.below(4) === 0 ? 0 : grid(rng, 40) * (rng.below(2) === 0 ? 0.1 : 0.5),
    maxSteps: Math.min(3, rng.below(8)),
  };
  let { maxSteps } = card;
  while (countPolicies({ ...card, maxSteps }) > policyCountMax) maxSteps -= 1;
  return { ...card, maxSteps };
}

/** A probability on a grid of `parts`. */
function grid(rng: RngCursor, parts: number): number {
  return rng.below(parts + 1) / parts;
}

function priorsOf(rng: RngCursor, count: number): readonly { readonly id: string; readonly prior: number }[] {
  return split(rng, count, 20).map((prior, index) => ({ id: `C${index}`, prior }));
}

/** Shares of 1 on a grid. The last share is what is left, so that all sum to 1 but for rounding. */
function split(rng: RngCursor, count: number, parts: number): readonly number[] {
  const cuts = Array.from({ length: count - 1 }, () => rng.below(parts + 1)).sort((left, right) => left - right);
  return Array.from({ length: count }, (_, index) => ((cuts[index] ?? parts) - (cuts[index - 1] ?? 0)) / parts);
}

function each(ids: readonly string[], number: () => number): PlainNumbers {
  return Object.fromEntries(ids.map((id) => [id, number()]));
}

function randomCommit(rng: RngCursor, ids: readonly string[], index: number): PlainCommit {
  const isSafe = rng.below(3) === 0;
  return {
    id: `r${index}`,
    kind: isSafe ? "escalate" : "act",
    utility: each(ids, () => (isSafe ? 2 * rng.below(8) - 20 : 2 * rng.below(16) - 10)),
    catastrophe: each(ids, () => (isSafe || rng.below(2) === 0 ? 0 : grid(rng, 20) * grid(rng, 4))),
  };
}

function randomStep(rng: RngCursor, ids: readonly string[], index: number): PlainStep {
  const base = {
    id: `s${index}`,
    cost: each(ids, () => rng.below(5) * 0.5),
    catastrophe: each(ids, () => (rng.below(4) === 0 ? grid(rng, 10) * 0.1 : 0)),
    maxUses: rng.below(4) === 0 ? 2 : 1,
  };
  if (rng.below(4) === 0)
    return { kind: "try", ...base, pFixed: each(ids, () => grid(rng, 4)), fixedUtility: each(ids, () => rng.below(8)) };
  const outcomes = Array.from({ length: rng.below(4) === 0 ? 3 : 2 }, (_, o) => `o${o}`);
  const likelihood = Object.fromEntries(ids.map((id) => [id, split(rng, outcomes.length, 10)]));
  return { kind: rng.below(5) === 0 ? "wait" : "probe", ...base, outcomes, likelihood };
}
