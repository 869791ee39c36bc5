import type { Situation } from "../situation/situation.ts";
import { depthWithin, listedCountMax, nodeCountMax } from "../situation/situation-size.ts";
import { type BackupKeeper, keepBackups } from "./backup.ts";
import { capMoves } from "./cap-moves.ts";
import { buildDecisionGraph, type DecisionGraph } from "./decision-graph.ts";
import { freeLane, type Lane, type Progress, type Swept } from "./lanes.ts";
import { type Layers, layersOf } from "./layers.ts";
import { sweep, sweepRoom } from "./sweep.ts";

/** How a situation is looked through. By default it is looked through as far as exact answers go. */
export interface OutlookOptions {
  /** The most beliefs that are weighed. Beyond them policies of fewer steps are found, and a bound on all of them. */
  readonly nodeCountMax?: number;
  /** The most beliefs that are listed to search near the limit on the whole. Beyond them the search is by price. */
  readonly listedCountMax?: number;
  readonly progress?: Progress;
}

/**
 * A situation, swept once. Everything that is said about a decision is read from the same sweeps: the best policy, what
 * it would be without the limits, the safest one, and the same for every way to begin.
 */
export interface Outlook {
  readonly situation: Situation;
  readonly layers: Layers;
  /** Whether the beliefs go as deep as the horizon. If not, the best policies found take fewer steps. */
  readonly isWhole: boolean;
  /** Whether the beliefs are few enough to be listed. */
  readonly isListable: boolean;
  /** The greatest utility, limits or not. */
  readonly free: Swept;
  /** The greatest utility where every move keeps the limit given the evidence. */
  readonly capped: Swept;
  /** The least risk of all, whatever the limits say. */
  readonly safest: () => Swept;
  /** The least counted risk, whatever the limits say. */
  readonly safestCounted: () => Swept;
  /** The lane of a capped policy under a price on risk. `isRelaxed`: a bound instead of a policy. */
  readonly priced: (riskPrice: number, isRelaxed: boolean) => Swept;
  /** The prices on risk that were swept, in the order in which they were tried. */
  readonly pricesTried: () => readonly number[];
  /** The least counted risk where every move keeps the limit given the evidence, and that of policies that act. */
  readonly careful: () => Swept;
  readonly acting: () => Swept;
  readonly withoutStep: (step: string) => Swept;
  readonly myopic: () => Swept;
  /** The capped graph, listed: the search for the best policy within a limit on the whole needs it. */
  readonly listed: () => ListedGraph;
}

/** A graph with the backward passes made over it. */
export interface ListedGraph {
  readonly graph: DecisionGraph;
  readonly keeper: BackupKeeper;
}

/** Up to this many beliefs all lanes are swept side by side, and two at a time beyond, to keep memory small. */
const sideBySideMax = 500_000;

function keyOf(lane: Lane): string {
  return JSON.stringify(lane);
}

/** Sweeps a situation. Cost: a sweep or two; what else is asked for is swept when it is. */
export function lookThrough(situation: Situation, options: OutlookOptions = {}): Outlook {
  const depth = depthWithin(situation, options.nodeCountMax ?? nodeCountMax);
  const layers = layersOf(situation, depth);
  const { progress } = options;
  const cap = situation.limitGivenEvidence;
  const capped: Lane = { ...freeLane, cap };
  // Where the limits count everything, or no escalation has a risk, both risks are the same.
  const total = layers.canonical.countsEscalations ? "counted" : "total";
  const safest: Lane = { ...freeLane, goal: { kind: "least_risk" }, risks: total };
  const isCapped = cap < 1;
  const myopic: Lane = { ...freeLane, goal: { kind: "myopic" } };
  const isLarge = layers.nodeCount > sideBySideMax;
  const sideBySide = isLarge ? 2 : Number.POSITIVE_INFINITY;
  const kept = new Map<string, Swept>();
  let sweepCount = 0;
  const tell = (): ((doneCount: number) => void) => {
    sweepCount += 1;
    return (doneCount) => progress?.({ sweep: sweepCount, doneCount, totalCount: layers.nodeCount });
  };
  const room = sweepRoom();
  const run = (lanes: readonly Lane[]): readonly Swept[] => {
    const keys = lanes.map(keyOf);
    const missing = lanes.filter((_, at) => !kept.has(keys[at] ?? ""));
    for (let at = 0; at < missing.length; at += sideBySide) {
      const group = missing.slice(at, at + sideBySide);
      for (const swept of sweep(layers, group, { room, progress: tell() })) kept.set(keyOf(swept.lane), swept);
    }
    return keys.flatMap((key) => kept.get(key) ?? []);
  };
  const one = (lane: Lane): Swept => {
    const [swept] = run([lane]);
    if (swept === undefined) throw new Error("a lane that was swept is kept");
    return swept;
  };
  // Where sweeps are long, the second lane of a pair comes cheaper now than alone and later.
  run([freeLane, ...(isCapped ? [capped] : []), safest, ...(isLarge ? [myopic] : [])]);
  let listed: ListedGraph | null = null;
  return {
    situation,
    layers,
    isWhole: depth === situation.horizon,
    isListable: layers.nodeCount <= (options.listedCountMax ?? listedCountMax),
    free: one(freeLane),
    capped: one(isCapped ? capped : freeLane),
    safest: () => one(safest),
    safestCounted: () => one({ ...safest, risks: "counted" }),
    priced: (riskPrice, isRelaxed) =>
      one({ ...(isCapped ? capped : freeLane), goal: { kind: "priced", riskPrice }, isRelaxed }),
    pricesTried: () => [
      ...new Set([...kept.values()].flatMap(({ lane }) => (lane.goal.kind === "priced" ? [lane.goal.riskPrice] : []))),
    ],
    careful: () => one({ ...freeLane, goal: { kind: "least_risk" }, cap: isCapped ? cap : 1 }),
    acting: () => one({ ...freeLane, goal: { kind: "acting" }, cap }),
    withoutStep: (step) =>
      one({ ...capped, without: layers.canonical.steps.findIndex(({ source }) => source.id === step) }),
    myopic: () => one(myopic),
    listed: () => {
      if (listed === null) {
        const graph = capMoves(buildDecisionGraph(situation), cap);
        listed = { graph, keeper: keepBackups(graph) };
      }
      return listed;
    },
  };
}
