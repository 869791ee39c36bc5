import { keepsLimit, valueTieShare, winsTie } from "../tolerance.ts";
import type { LaneRun } from "./lanes.ts";
import type { Layers } from "./layers.ts";
import type { NodeMoves } from "./node-moves.ts";

/**
 * The smallest counted risk of all policies that may come to act at a belief or after it, that is, to commit to an act
 * or to try a remedy; Infinity when none may.
 */
export function leastActing({ canonical }: Layers, run: LaneRun, moves: NodeMoves): number {
  const { responses, steps } = canonical;
  const cap = run.lane.cap * moves.mass;
  const isWithin = (risk: number | undefined): boolean =>
    run.lane.cap >= 1 || keepsLimit({ risk: risk ?? 0, limit: cap });
  let least = Number.POSITIVE_INFINITY;
  responses.forEach(({ source }, r) => {
    const risk = moves.responseRisk[r] ?? 0;
    if (source.kind === "act" && moves.responseOpen[r] === 1 && isWithin(risk)) least = Math.min(least, risk);
  });
  for (let a = 0; a < moves.actionCount; a += 1) {
    if (moves.actionOpen[a] === 0 || !isWithin(moves.actionHit[a])) continue;
    let risk = moves.actionRisk[a] ?? 0;
    // Acting after one of the answers is enough. After the others the most careful course is taken.
    let extra = steps[moves.actionStep[a] ?? 0]?.source.kind === "try" ? 0 : Number.POSITIVE_INFINITY;
    for (let edge = moves.edgeStart[a] ?? 0; edge < (moves.edgeStart[a + 1] ?? 0); edge += 1) {
      const child = moves.edgeChild[edge] ?? 0;
      const careful = run.below.risk[child] ?? 0;
      risk += careful;
      extra = Math.min(extra, (run.below.value[child] ?? 0) - careful);
    }
    least = Math.min(least, risk + extra);
  }
  return least;
}

/** Responds as well as can be, or takes the step after which responding at once is worth most. */
export function weighMyopic({ canonical }: Layers, run: LaneRun, moves: NodeMoves, at: number): void {
  const { responses, steps } = canonical;
  const tie = valueTieShare * moves.mass * canonical.valueScale;
  let top = Number.NEGATIVE_INFINITY;
  responses.forEach((_, r) => {
    if (moves.responseExists[r] === 1) top = Math.max(top, moves.responseValue[r] ?? 0);
  });
  let stop = -1;
  const tieOf = (r: number) => ({ risk: moves.responseRisk[r] ?? 0, steps: 0, rank: responses[r]?.rank ?? 0 });
  responses.forEach((_, r) => {
    if (moves.responseExists[r] === 0 || (moves.responseValue[r] ?? 0) < top - tie) return;
    if (stop < 0 || winsTie(tieOf(r), tieOf(stop))) stop = r;
  });
  const stopValue = moves.responseValue[stop] ?? 0;
  let best = -1 - stop;
  let bestValue = stopValue;
  let bestRank = -1;
  for (let a = 0; a < moves.actionCount; a += 1) {
    let value = moves.actionValue[a] ?? 0;
    for (let edge = moves.edgeStart[a] ?? 0; edge < (moves.edgeStart[a + 1] ?? 0); edge += 1)
      value += run.below.value[moves.edgeChild[edge] ?? 0] ?? 0;
    const s = moves.actionStep[a] ?? 0;
    const rank = steps[s]?.rank ?? 0;
    if (value > bestValue + tie || (value >= bestValue - tie && rank < bestRank)) {
      best = s;
      bestValue = value;
      bestRank = rank;
    }
  }
  run.here.value[at] = stopValue;
  run.move[moves.id] = best;
}
