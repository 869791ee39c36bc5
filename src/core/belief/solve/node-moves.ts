import type { CanonicalStep } from "../situation/canonical-order.ts";
import { holdCode } from "./hold-codes.ts";
import { holdCodeAt, type Layers, type VisitedNode, weightsAt } from "./layers.ts";
import { isThrough } from "./move-gates.ts";
import type { OutcomeTable } from "./outcome-counts.ts";

/**
 * The moves of one belief, weighted by its probability. The lists are used again for the next belief. Edges that lead
 * to a surprise are left out: their figures are in those of the action.
 */
export interface NodeMoves {
  id: number;
  mass: number;
  weights: Float64Array;
  isSurprise: boolean;
  readonly responseValue: Float64Array;
  readonly responseRisk: Float64Array;
  readonly responseTotalRisk: Float64Array;
  /** 1 where the response can be chosen at all. */
  readonly responseExists: Uint8Array;
  /** 1 where the evidence allows it too. */
  readonly responseOpen: Uint8Array;
  actionCount: number;
  readonly actionStep: Int32Array;
  readonly actionValue: Float64Array;
  readonly actionRisk: Float64Array;
  readonly actionTotalRisk: Float64Array;
  readonly actionHit: Float64Array;
  readonly actionOpen: Uint8Array;
  readonly edgeStart: Int32Array;
  /** The place of the child in its own layer. */
  readonly edgeChild: Int32Array;
  /** Scratch: the weights and the states of a child. */
  readonly child: Float64Array;
  readonly childStates: Int32Array;
}

/** Room for the moves of any one belief. */
export function nodeMovesOf({ canonical }: Layers): NodeMoves {
  const { responses, steps, prior } = canonical;
  const edgeCount = steps.reduce((sum, { outcomeIds }) => sum + outcomeIds.length, 0);
  return {
    id: 0,
    mass: 0,
    weights: prior,
    isSurprise: false,
    responseValue: new Float64Array(responses.length),
    responseRisk: new Float64Array(responses.length),
    responseTotalRisk: new Float64Array(responses.length),
    responseExists: new Uint8Array(responses.length),
    responseOpen: new Uint8Array(responses.length),
    actionCount: 0,
    actionStep: new Int32Array(steps.length),
    actionValue: new Float64Array(steps.length),
    actionRisk: new Float64Array(steps.length),
    actionTotalRisk: new Float64Array(steps.length),
    actionHit: new Float64Array(steps.length),
    actionOpen: new Uint8Array(steps.length),
    edgeStart: new Int32Array(steps.length + 1),
    edgeChild: new Int32Array(edgeCount),
    child: new Float64Array(prior.length),
    childStates: new Int32Array(steps.length),
  };
}

/**
 * Reads the moves of a belief.
 *
 * Cost: moves × contexts. Each edge that leads to a surprise costs steps × contexts more.
 */
export function readMoves(layers: Layers, node: VisitedNode, into: NodeMoves): void {
  const { canonical } = layers;
  into.id = node.id;
  into.weights = node.weights;
  const hold = holdCodeAt(layers, node.id, node.states, node.weights);
  into.isSurprise = hold === holdCode.surprise;
  let mass = 0;
  for (let c = 0; c < node.weights.length; c += 1) mass += node.weights[c] ?? 0;
  into.mass = mass;
  into.actionCount = 0;
  if (into.isSurprise && node.id !== 0) return;
  readResponses(layers, node, into, hold);
  if (node.uses === layers.depth) return;
  for (let s = 0; s < canonical.steps.length; s += 1) readAction(layers, node, s, into, hold);
}

function readResponses(layers: Layers, node: VisitedNode, into: NodeMoves, hold: number): void {
  const { canonical } = layers;
  const { responses, countsEscalations, escalationIndex } = canonical;
  const { weights } = node;
  for (let r = 0; r < responses.length; r += 1) {
    const response = responses[r];
    if (response === undefined) continue;
    const { worth, catastrophe, source } = response;
    let value = 0;
    let risk = 0;
    for (let c = 0; c < weights.length; c += 1) {
      const weight = weights[c] ?? 0;
      value += weight * (worth[c] ?? 0);
      risk += weight * (catastrophe[c] ?? 0);
    }
    into.responseValue[r] = value;
    into.responseTotalRisk[r] = risk;
    into.responseRisk[r] = countsEscalations || source.kind === "act" ? risk : 0;
    const isHeld =
      hold === holdCode.surprise ? r !== escalationIndex : hold === holdCode.noAct && source.kind === "act";
    const exists = isThrough(layers.gates.responses[r], (t) => node.states[t] ?? 0);
    into.responseExists[r] = exists ? 1 : 0;
    into.responseOpen[r] = exists && !isHeld ? 1 : 0;
  }
}

function readAction(layers: Layers, node: VisitedNode, s: number, into: NodeMoves, hold: number): void {
  const { canonical, tables, layerStart } = layers;
  const step = canonical.steps[s] as CanonicalStep; // s < steps.length
  const table = tables[s] as OutcomeTable; // one table per step
  const state = node.states[s] ?? 0;
  if ((table.usesOf[state] ?? 0) >= step.maxUses) return;
  if (!isThrough(layers.gates.steps[s], (t) => node.states[t] ?? 0)) return;
  const { weights } = node;
  let value = 0;
  let risk = 0;
  for (let c = 0; c < weights.length; c += 1) {
    const weight = weights[c] ?? 0;
    value += weight * (step.gain[c] ?? 0);
    risk += weight * (step.catastrophe[c] ?? 0);
  }
  const own = { value, escalated: 0 };
  const a = into.actionCount;
  let edge = into.edgeStart[a] ?? 0;
  const childStart = layerStart[node.uses + 1] ?? 0;
  const outcomeCount = step.outcomeIds.length;
  for (let o = 0; o < outcomeCount; o += 1) {
    const nextState = table.next[state * outcomeCount + o] ?? 0;
    const child = node.childOf(s, nextState);
    if (layers.holds[child] === holdCode.surprise) {
      addSurprise(layers, node, { s, nextState }, into, own);
      continue;
    }
    into.edgeChild[edge] = child - childStart;
    edge += 1;
  }
  into.edgeStart[a + 1] = edge;
  into.actionStep[a] = s;
  into.actionValue[a] = own.value;
  into.actionHit[a] = risk;
  into.actionTotalRisk[a] = risk + own.escalated;
  into.actionRisk[a] = risk + (canonical.countsEscalations ? own.escalated : 0);
  into.actionOpen[a] = hold === holdCode.surprise || (hold === holdCode.noAct && step.source.kind === "try") ? 0 : 1;
  into.actionCount = a + 1;
}

/** Adds what handing over is worth where an outcome is a surprise. */
function addSurprise(
  layers: Layers,
  node: VisitedNode,
  move: { readonly s: number; readonly nextState: number },
  { child, childStates }: NodeMoves,
  own: { value: number; escalated: number },
): void {
  const escalation = layers.canonical.responses[layers.canonical.escalationIndex];
  childStates.set(node.states);
  childStates[move.s] = move.nextState;
  weightsAt(layers, childStates, child);
  for (let c = 0; c < child.length; c += 1) {
    own.value += (child[c] ?? 0) * (escalation?.worth[c] ?? 0);
    own.escalated += (child[c] ?? 0) * (escalation?.catastrophe[c] ?? 0);
  }
}
