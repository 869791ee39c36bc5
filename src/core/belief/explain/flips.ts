import { type Decision, firstMoveOf, type Policy } from "../policy.ts";
import { largestAmount } from "../situation/amounts.ts";
import type { Situation } from "../situation/situation.ts";
import { countGraphNodes, nodeCountMax } from "../situation/situation-size.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { type Knob, knobRange, listKnobs, readKnob, turnKnob } from "./knobs.ts";

/** How far one number can be wrong before the first step changes. */
export interface FlipRange {
  readonly knob: Knob;
  readonly at: number;
  readonly down: FlipSide;
  readonly up: FlipSide;
  /** How precisely the ends are known, in the unit of the knob. */
  readonly resolution: number;
}

/** One side of a range. `to` is the farthest value at which the first step was found to be the same. */
export type FlipSide =
  | { readonly kind: "stays"; readonly to: number }
  | { readonly kind: "flips"; readonly to: number; readonly move: string }
  | { readonly kind: "nothing_keeps_limit"; readonly to: number };

/** A flip analysis, and how much of the situation it covers. */
export interface FlipAnalysis {
  /** Priors first, then the numbers that the policy uses, then the others. */
  readonly ranges: readonly FlipRange[];
  readonly solveCount: number;
  /** How many numbers the budget did not reach. */
  readonly unexaminedCount: number;
  /** A first step counts as the same while beginning with it loses at most this much, in the unit of the situation. */
  readonly indifference: number;
}

/**
 * How much work a flip analysis may do. It counts exact solves, not time, so that the same call always gives the same
 * answer.
 */
export interface FlipOptions {
  readonly solveBudget: number;
  /** A difference in utility too small to care which step comes first. With 0 only the best first step counts. */
  readonly indifference: number;
}

/** However many solves are allowed, no more beliefs are weighed than this: about a minute of work. */
const beliefsWeighedMax = 20_000_000;

const priorSamples: readonly number[] = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1];
const otherSamples: readonly number[] = [1 / 16, 1 / 4, 1];
const probabilityResolution = 0.005;
/** Utilities are found as precisely as this share of their range. */
const utilityResolutionShare = 1 / 400;

/**
 * Turns each number up and down until the first step changes. The exact solver decides anew each time.
 *
 * The search samples outward and bisects where the move first differs. It can miss a change that reverts between two
 * samples. Priors are sampled at eight places on each side, other numbers at three.
 *
 * Cost: at most `solveBudget` solves, plus those that finish the number begun last.
 */
export function analyseFlips(situation: Situation, decision: Decision, options: FlipOptions): FlipAnalysis {
  const counter = { solves: 0 };
  const beliefCount = Math.min(nodeCountMax, countGraphNodes(situation));
  const solveBudget = Math.min(options.solveBudget, Math.max(1, Math.floor(beliefsWeighedMax / beliefCount)));
  const move = moveOf(decision);
  const knobs = inOrderOfUse(situation, decision);
  const ranges: FlipRange[] = [];
  for (const knob of knobs) {
    if (counter.solves >= solveBudget) break;
    const { min, max } = knobRange(situation, knob);
    const at = readKnob(situation, knob);
    const resolution = knob.kind === "utility" ? (max - min) * utilityResolutionShare : probabilityResolution;
    const samples = knob.kind === "prior" ? priorSamples : otherSamples;
    const moveAt = (value: number): string | null =>
      solveMove(turnKnob(situation, knob, value), { old: move, indifference: options.indifference, counter });
    const search = (end: number): FlipSide => searchSide({ at, end, resolution, samples, move, moveAt });
    ranges.push({ knob, at, down: search(min), up: search(max), resolution });
  }
  return {
    ranges,
    solveCount: counter.solves,
    unexaminedCount: knobs.length - ranges.length,
    indifference: options.indifference,
  };
}

function moveOf(decision: Decision): string | null {
  return decision.kind === "decided" ? firstMoveOf(decision.chosen.policy) : null;
}

/** Differences below this share of the largest amount in play are rounding. */
const roundingShare = 1e-12;

interface MoveQuestion {
  readonly old: string | null;
  readonly indifference: number;
  readonly counter: { solves: number };
}

/**
 * The first move of the best policy, or the old move while it is as good within the indifference. Two probes that can
 * be asked in either order are then no change. A situation that a turn makes too large to decide has no known move,
 * which counts as a change.
 */
function solveMove(situation: Situation, { old, indifference, counter }: MoveQuestion): string | null {
  counter.solves += 1;
  const decided = decideSituation(situation);
  const found = decided.ok ? moveOf(decided.value) : null;
  if (found === old || found === null || old === null || !decided.ok || decided.value.kind !== "decided") return found;
  counter.solves += 1;
  const kept = decideSituation(situation, { firstMove: old });
  if (!kept.ok || kept.value.kind !== "decided") return found;
  const tolerance = indifference + roundingShare * largestAmount(situation);
  return kept.value.chosen.value >= decided.value.chosen.value - tolerance ? old : found;
}

interface SideSearch {
  readonly at: number;
  readonly end: number;
  readonly resolution: number;
  readonly samples: readonly number[];
  readonly move: string | null;
  readonly moveAt: (value: number) => string | null;
}

function searchSide(search: SideSearch): FlipSide {
  const { at, end, samples, move, moveAt } = search;
  let same = at;
  for (const share of samples) {
    const value = at + share * (end - at);
    if (value === same) continue;
    const found = moveAt(value);
    if (found !== move) return bisect(search, { same, changed: value, found });
    same = value;
  }
  return { kind: "stays", to: end };
}

function bisect(
  { resolution, move, moveAt }: SideSearch,
  start: { readonly same: number; readonly changed: number; readonly found: string | null },
): FlipSide {
  let { same, changed, found } = start;
  while (Math.abs(changed - same) > resolution) {
    const middle = (same + changed) / 2;
    const there = moveAt(middle);
    if (there === move) same = middle;
    else {
      changed = middle;
      found = there;
    }
  }
  return found === null ? { kind: "nothing_keeps_limit", to: same } : { kind: "flips", to: same, move: found };
}

/** Priors, then the numbers of the steps and responses in the policy, then the rest; each group in declared order. */
function inOrderOfUse(situation: Situation, decision: Decision): readonly Knob[] {
  const used = decision.kind === "decided" ? namesIn(decision.chosen.policy) : new Set<string>();
  const isUsed = (knob: Knob): boolean => {
    if (knob.kind === "prior") return true;
    return used.has(knob.kind === "likelihood" ? knob.step : knob.response);
  };
  const knobs = listKnobs(situation);
  const rank = (knob: Knob): number => (knob.kind === "prior" ? 0 : isUsed(knob) ? 1 : 2);
  return [0, 1, 2].flatMap((wanted) => knobs.filter((knob) => rank(knob) === wanted));
}

function namesIn(policy: Policy): ReadonlySet<string> {
  if (policy.kind === "commit") return new Set([policy.response]);
  return new Set([policy.step, ...policy.on.flatMap((branch) => [...namesIn(branch.then)])]);
}
