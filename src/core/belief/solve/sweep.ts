import { invariant } from "../../value/invariant.ts";
import { keepsLimit, valueTieShare } from "../tolerance.ts";
import { addCandidate, type Candidates, chooseLeastRisk, choosePriced, emptyCandidates } from "./candidates.ts";
import { foresee } from "./foresight.ts";
import type { Figures, Lane, LaneRun, Swept } from "./lanes.ts";
import { type Layers, visitLayer } from "./layers.ts";
import { type NodeMoves, nodeMovesOf, readMoves } from "./node-moves.ts";
import { leastActing, weighMyopic } from "./sweep-goals.ts";

/**
 * One backward pass over all beliefs (exact backward induction; Bellman 1957), from the last layer to the first.
 *
 * Memory: a byte for each belief and lane, and 24 bytes for each belief of the two largest neighbouring layers and each
 * lane.
 *
 * Cost: beliefs × moves × contexts.
 */
export function sweep(layers: Layers, lanes: readonly Lane[], options: SweepOptions = {}): readonly Swept[] {
  const { room = sweepRoom() } = options;
  const parity = layers.depth % 2;
  const runs = lanes.map((lane, at): LaneRun => {
    const figures = room[at] ?? [figuresOf(layers, 0), figuresOf(layers, 1)];
    room[at] = figures;
    return {
      lane,
      move: new Int8Array(layers.nodeCount),
      here: figures[parity] as Figures, // parity is 0 or 1
      below: figures[1 - parity] as Figures,
      foresight: lane.isRelaxed ? foresee(layers, lane) : null,
      root: [],
      best: null,
      acting: Number.POSITIVE_INFINITY,
    };
  });
  sweepLayers(layers, runs, options.progress);
  return runs.map(({ lane, root, best, move, acting }) => ({ lane, root, best, move, acting }));
}

/** What a sweep is given. */
export interface SweepOptions {
  /** Figures to write over. Sweeps one after the other then need no more memory than one. */
  readonly room?: SweepRoom;
  readonly progress?: (doneCount: number) => void;
}

/** The figures of each lane: those of even layers, and those of odd ones. */
export type SweepRoom = (readonly [Figures, Figures])[];

/** Room for sweeps over the same layers. */
export function sweepRoom(): SweepRoom {
  return [];
}

function figuresOf(layers: Layers, parity: number): Figures {
  let largest = 1;
  for (let uses = parity; uses <= layers.depth; uses += 2) largest = Math.max(largest, layerSize(layers, uses));
  const list = (): Float64Array => new Float64Array(largest);
  return { value: list(), risk: list(), steps: list() };
}

function layerSize({ layerStart }: Layers, uses: number): number {
  return (layerStart[uses + 1] ?? 0) - (layerStart[uses] ?? 0);
}

/** How many beliefs are weighed between two words of progress. */
const progressEvery = 65_536;

function sweepLayers(
  layers: Layers,
  runs: readonly LaneRun[],
  progress: ((doneCount: number) => void) | undefined,
): void {
  const moves = nodeMovesOf(layers);
  const candidates = emptyCandidates();
  let done = 0;
  for (let uses = layers.depth; uses >= 0; uses -= 1) {
    if (uses < layers.depth) for (const run of runs) [run.here, run.below] = [run.below, run.here];
    const start = layers.layerStart[uses] ?? 0;
    for (const { here, lane } of runs) {
      // A belief that no context explains is not visited. It adds nothing, and nobody acts there.
      here.value.fill(lane.goal.kind === "acting" ? Number.POSITIVE_INFINITY : 0);
      here.risk.fill(0);
      here.steps.fill(0);
    }
    let told = 0;
    visitLayer(layers, uses, (node) => {
      readMoves(layers, node, moves);
      for (const run of runs)
        weigh(layers, run, moves, { candidates, at: node.id - start, isLeaf: uses === layers.depth });
      if (node.id - start - told < progressEvery) return;
      told = node.id - start;
      progress?.(done + told);
    });
    done += layerSize(layers, uses);
    progress?.(done);
  }
}

interface Here {
  readonly candidates: Candidates;
  /** The place of the belief in its layer. */
  readonly at: number;
  readonly isLeaf: boolean;
}

function weigh(layers: Layers, run: LaneRun, moves: NodeMoves, here: Here): void {
  if (moves.isSurprise && moves.id !== 0) return; // its figures are in those of the step that leads here
  const { lane } = run;
  if (lane.goal.kind === "myopic") {
    weighMyopic(layers, run, moves, here.at);
    return;
  }
  const { candidates, at } = here;
  candidates.count = 0;
  if (here.isLeaf && run.foresight !== null) {
    addCandidate(candidates, 0, { value: foreseen(moves, run.foresight), risk: 0, steps: 0, rank: 0 });
  } else {
    listOpen(layers, run, moves, candidates);
  }
  const riskPrice = lane.goal.kind === "priced" ? lane.goal.riskPrice : 0;
  const tie = valueTieShare * moves.mass * (layers.canonical.valueScale + riskPrice);
  if (moves.id === 0) listRoot(layers, run, moves);
  // An escalation has no risk that a cap counts, and a foreign card has no cap.
  invariant(candidates.count > 0, "at every belief some move may be chosen");
  const best =
    lane.goal.kind === "priced" ? choosePriced(candidates, riskPrice, tie) : chooseLeastRisk(candidates, tie);
  run.here.value[at] = lane.goal.kind === "acting" ? leastActing(layers, run, moves) : (candidates.value[best] ?? 0);
  run.here.risk[at] = candidates.risk[best] ?? 0;
  run.here.steps[at] = candidates.steps[best] ?? 0;
  const move = candidates.move[best] ?? 0;
  run.move[moves.id] = move;
  if (moves.id !== 0) return;
  if (lane.goal.kind === "acting") run.acting = run.here.value[at] ?? run.acting;
  run.best = run.root.find((root) => root.move === move) ?? null;
}

function foreseen({ weights }: NodeMoves, foresight: Float64Array): number {
  let score = 0;
  for (let c = 0; c < weights.length; c += 1) score += (weights[c] ?? 0) * (foresight[c] ?? 0);
  return score;
}

function listOpen(layers: Layers, run: LaneRun, moves: NodeMoves, into: Candidates): void {
  const { lane } = run;
  const { responses, steps } = layers.canonical;
  const cap = lane.cap * moves.mass;
  const responseRisk = lane.risks === "counted" ? moves.responseRisk : moves.responseTotalRisk;
  for (let r = 0; r < responses.length; r += 1) {
    if (moves.responseOpen[r] === 0) continue;
    if (lane.cap < 1 && !keepsLimit({ risk: moves.responseRisk[r] ?? 0, limit: cap })) continue;
    const at = into.count;
    into.value[at] = moves.responseValue[r] ?? 0;
    into.risk[at] = responseRisk[r] ?? 0;
    into.steps[at] = 0;
    into.move[at] = -1 - r;
    into.rank[at] = responses[r]?.rank ?? 0;
    into.count = at + 1;
  }
  for (let a = 0; a < moves.actionCount; a += 1) {
    const s = moves.actionStep[a] ?? 0;
    if (moves.actionOpen[a] === 0 || s === lane.without) continue;
    if (lane.cap < 1 && !keepsLimit({ risk: moves.actionHit[a] ?? 0, limit: cap })) continue;
    addAction(run, moves, a, responses.length + (steps[s]?.rank ?? 0), into);
  }
}

/** Adds up a step and the best that follows each of its outcomes. */
function addAction(run: LaneRun, moves: NodeMoves, a: number, rank: number, into: Candidates): void {
  const { value: values, risk: risks, steps: stepCounts } = run.below;
  let value = moves.actionValue[a] ?? 0;
  let risk = (run.lane.risks === "counted" ? moves.actionRisk[a] : moves.actionTotalRisk[a]) ?? 0;
  let steps = moves.mass;
  for (let edge = moves.edgeStart[a] ?? 0; edge < (moves.edgeStart[a + 1] ?? 0); edge += 1) {
    const child = moves.edgeChild[edge] ?? 0;
    value += values[child] ?? 0;
    risk += risks[child] ?? 0;
    steps += stepCounts[child] ?? 0;
  }
  const at = into.count;
  into.value[at] = value;
  into.risk[at] = risk;
  into.steps[at] = steps;
  into.move[at] = moves.actionStep[a] ?? 0;
  into.rank[at] = rank;
  into.count = at + 1;
}

/** Every way to begin, allowed or not. */
function listRoot(layers: Layers, run: LaneRun, moves: NodeMoves): void {
  const { lane } = run;
  const { responses, steps } = layers.canonical;
  const every = emptyCandidates();
  const open: boolean[] = [];
  const isWithin = (risk: number | undefined): boolean =>
    lane.cap >= 1 || keepsLimit({ risk: risk ?? 0, limit: lane.cap * moves.mass });
  const responseRisk = lane.risks === "counted" ? moves.responseRisk : moves.responseTotalRisk;
  responses.forEach(({ rank }, r) => {
    if (moves.responseExists[r] === 0) return;
    const figures = { value: moves.responseValue[r] ?? 0, risk: responseRisk[r] ?? 0, steps: 0, rank };
    addCandidate(every, -1 - r, figures);
    open.push(moves.responseOpen[r] === 1 && isWithin(moves.responseRisk[r]));
  });
  for (let a = 0; a < moves.actionCount; a += 1) {
    const s = moves.actionStep[a] ?? 0;
    if (s === lane.without) continue;
    addAction(run, moves, a, responses.length + (steps[s]?.rank ?? 0), every);
    open.push(moves.actionOpen[a] === 1 && isWithin(moves.actionHit[a]));
  }
  run.root = open.map((isOpen, at) => ({
    move: every.move[at] ?? 0,
    rank: every.rank[at] ?? 0,
    value: every.value[at] ?? 0,
    risk: every.risk[at] ?? 0,
    steps: every.steps[at] ?? 0,
    isOpen,
  }));
}
