import { invariant } from "../../value/invariant.ts";
import { toCanonical } from "../situation/canonical-order.ts";
import { parseCard } from "../situation/parse-card.ts";
import type { DecisionGraph } from "./decision-graph.ts";

/*
 * Problems whose hidden state moves, unfolded into a graph that the solvers take. A situation cannot say such a
 * problem; the solvers only need what a graph holds.
 */

/** A partially observable problem with a cost and a chance constraint, in the form of the public RAO* models. */
export interface MovingModel {
  readonly actions: readonly string[];
  readonly observations: readonly number[];
  readonly stateCount: number;
  readonly start: number;
  readonly transition: (state: number, action: string) => readonly (readonly [number, number])[];
  readonly observe: (state: number, observation: number) => number;
  readonly cost: (state: number, action: string) => number;
  /** What a state costs where the horizon ends. */
  readonly leafCost: (state: number) => number;
  readonly isRisky: (state: number) => boolean;
  readonly isTerminal: (state: number) => boolean;
}

interface HistoryNode {
  readonly belief: readonly number[];
  readonly depth: number;
  /** What a value here counts for at the root: the product of the probabilities of the observations. */
  readonly weight: number;
  /** What a risk here counts for: er(b) = rb + (1 − rb)·Σ P_safe(o)·er(b_o), multiplied out. */
  readonly riskWeight: number;
}

/** Unfolds every history up to the horizon. Costs become negative values. */
export function unfold(model: MovingModel, horizon: number): DecisionGraph {
  const start = Array.from({ length: model.stateCount }, (_, state) => (state === model.start ? 1 : 0));
  const nodes: HistoryNode[] = [{ belief: start, depth: 0, weight: 1, riskWeight: 1 }];
  const value: number[] = [];
  const risk: number[] = [];
  const open: number[] = [];
  const actions = { start: [0], step: [] as number[], value: [] as number[], risk: [] as number[] };
  const edges = { start: [0], outcome: [] as number[], child: [] as number[] };
  for (let at = 0; at < nodes.length; at += 1) {
    const node = nodes[at];
    invariant(node !== undefined, "nodes are listed before they are visited");
    const mean = (number: (state: number) => number): number =>
      node.belief.reduce((sum, p, state) => (p === 0 ? sum : sum + p * number(state)), 0);
    const ownRisk =
      node.riskWeight *
      Math.min(
        1,
        mean((state) => (model.isRisky(state) ? 1 : 0)),
      );
    const isLeaf = node.depth === horizon || node.belief.every((p, state) => p === 0 || model.isTerminal(state));
    value.push(-node.weight * mean(model.leafCost));
    risk.push(ownRisk);
    open.push(isLeaf ? 1 : 0);
    for (const [step, action] of isLeaf ? [] : model.actions.entries()) {
      actions.step.push(step);
      actions.value.push(-node.weight * mean((state) => model.cost(state, action)));
      actions.risk.push(ownRisk);
      for (const { observation, child } of childrenOf(model, node, action)) {
        edges.outcome.push(observation);
        edges.child.push(nodes.length);
        nodes.push(child);
      }
      edges.start.push(edges.child.length);
    }
    actions.start.push(actions.step.length);
  }
  const actionRisk = Float64Array.from(actions.risk);
  return {
    canonical: toCanonical(namesOf(model)),
    rootHold: null,
    nodeCount: nodes.length,
    mass: Float64Array.from(nodes, ({ weight }) => weight),
    responseValue: Float64Array.from(value),
    responseRisk: Float64Array.from(risk),
    responseTotalRisk: Float64Array.from(risk),
    responseOpen: Uint8Array.from(open),
    actionStart: Int32Array.from(actions.start),
    actionStep: Int32Array.from(actions.step),
    actionValue: Float64Array.from(actions.value),
    actionRisk,
    actionTotalRisk: actionRisk,
    actionHit: actionRisk,
    actionOpen: new Uint8Array(actionRisk.length).fill(1),
    edgeStart: Int32Array.from(edges.start),
    edgeOutcome: Int32Array.from(edges.outcome),
    edgeChild: Int32Array.from(edges.child),
  };
}

function childrenOf(
  model: MovingModel,
  node: HistoryNode,
  action: string,
): readonly { readonly observation: number; readonly child: HistoryNode }[] {
  const predicted = new Array<number>(model.stateCount).fill(0);
  const predictedSafe = new Array<number>(model.stateCount).fill(0);
  let safe = 0;
  node.belief.forEach((p, state) => {
    if (p === 0) return;
    const isSafe = !model.isRisky(state);
    if (isSafe) safe += p;
    for (const [next, chance] of model.transition(state, action)) {
      predicted[next] = (predicted[next] ?? 0) + p * chance;
      if (isSafe) predictedSafe[next] = (predictedSafe[next] ?? 0) + p * chance;
    }
  });
  return model.observations.flatMap((observation) => {
    const joint = predicted.map((p, state) => p * model.observe(state, observation));
    const probability = joint.reduce((sum, p) => sum + p, 0);
    if (probability === 0) return [];
    const whileSafe = predictedSafe.reduce((sum, p, state) => sum + p * model.observe(state, observation), 0);
    const child: HistoryNode = {
      belief: joint.map((p) => p / probability),
      depth: node.depth + 1,
      weight: node.weight * probability,
      // (1 − rb)·P_safe(o), where P_safe is normalised by 1 − rb.
      riskWeight: safe === 0 ? 0 : node.riskWeight * whileSafe,
    };
    return [{ observation, child }];
  });
}

/** A card with the names alone, because the solvers name what they choose. Its numbers are never read. */
function namesOf(model: MovingModel): ReturnType<typeof mustParse> {
  return mustParse({
    id: "moving-states",
    contexts: [{ id: "any", prior: 1 }],
    catastropheUtility: -1000,
    maxCatastropheProbability: 1,
    maxSteps: 1,
    steps: model.actions.map((id) => ({
      id,
      kind: "probe",
      cost: 0,
      outcomes: model.observations.map((observation) => `o${observation}`),
      likelihood: { any: model.observations.map(() => 1 / model.observations.length) },
    })),
    commits: [{ id: "leaf", kind: "act", utility: 0 }],
  });
}

function mustParse(card: Parameters<typeof parseCard>[0]) {
  const situation = parseCard(card);
  invariant(situation.ok, "the card of names is well-formed");
  return situation.value;
}
