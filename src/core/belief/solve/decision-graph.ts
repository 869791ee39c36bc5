import { invariant } from "../../value/invariant.ts";
import type { Hold } from "../policy.ts";
import { type CanonicalSituation, type CanonicalStep, toCanonical } from "../situation/canonical-order.ts";
import type { Situation } from "../situation/situation.ts";
import { listedCountMax } from "../situation/situation-size.ts";
import { type EvidenceRules, evidenceRules, holdAt } from "./evidence-rules.ts";
import { type GrowingList, growingFloats, growingIntegers } from "./growing-list.ts";
import { isThrough, type MoveGates, moveGatesOf } from "./move-gates.ts";
import { type OutcomeTable, outcomeTables } from "./outcome-counts.ts";

/** The child of an edge whose outcome is so unlikely that the policy escalates: there is no node. */
export const surpriseChild = -1;

/**
 * Every belief a policy can reach, each of them once.
 *
 * A node is a vector of outcome counts, because the order of evidence does not matter. Its weights are joint
 * probabilities of context and evidence, so the figures of children simply add up. Nodes are ordered by the number of
 * steps taken: the root is first, and parents come before their children. All lists are flat. The actions of node n are
 * `actionStart[n]` to `actionStart[n + 1] - 1`, and the edges of an action are found the same way. `…Value` and `…Risk`
 * are sums over contexts of weight × amount. `…Risk` is what the limit counts, `…TotalRisk` is all of it; they are the
 * same list where the limit counts everything. A move may be chosen where its `…Open` is 1.
 */
export interface DecisionGraph {
  readonly canonical: CanonicalSituation;
  /** What the evidence forbids at the root; `null` when nothing. */
  readonly rootHold: Hold | null;
  readonly nodeCount: number;
  /** P(the evidence of the node, with no catastrophe and no fix on the way | its steps are taken). */
  readonly mass: Float64Array;
  /** Response r at node n is entry `n * responses.length + r`. */
  readonly responseValue: Float64Array;
  readonly responseRisk: Float64Array;
  readonly responseTotalRisk: Float64Array;
  readonly responseOpen: Uint8Array;
  readonly actionStart: Int32Array;
  /** Index in `canonical.steps`. */
  readonly actionStep: Int32Array;
  readonly actionValue: Float64Array;
  readonly actionRisk: Float64Array;
  readonly actionTotalRisk: Float64Array;
  /** The risk of the step itself, and not of what follows. */
  readonly actionHit: Float64Array;
  readonly actionOpen: Uint8Array;
  readonly edgeStart: Int32Array;
  readonly edgeOutcome: Int32Array;
  /** The child node, or `surpriseChild`. The value and risk of a surprise are already in those of the action. */
  readonly edgeChild: Int32Array;
}

/** The nodes found so far: their keys, and for every step the state of its outcome counts. */
interface Frontier {
  readonly idByKey: Map<number | string, number>;
  /** Whether every key fits an exact integer. Otherwise keys are strings. */
  readonly isNumericKey: boolean;
  readonly states: GrowingList<Int32Array>;
  readonly usesTotal: GrowingList<Int32Array>;
  readonly weights: GrowingList<Float64Array>;
  /** 1 where the evidence allows no act. */
  readonly isHeld: GrowingList<Int32Array>;
}

/** The actions and edges found so far. */
interface Moves {
  readonly actionStart: GrowingList<Int32Array>;
  readonly actionStep: GrowingList<Int32Array>;
  readonly actionValue: GrowingList<Float64Array>;
  readonly actionRisk: GrowingList<Float64Array>;
  readonly actionTotalRisk: GrowingList<Float64Array>;
  readonly actionHit: GrowingList<Float64Array>;
  readonly edgeStart: GrowingList<Int32Array>;
  readonly edgeOutcome: GrowingList<Int32Array>;
  readonly edgeChild: GrowingList<Int32Array>;
}

/**
 * Unfolds a situation into its graph of beliefs.
 *
 * Cost: nodes × steps × outcomes × contexts. The caller has checked `countGraphNodes` against `listedCountMax`.
 */
export function buildDecisionGraph(situation: Situation): DecisionGraph {
  const canonical = toCanonical(situation);
  const tables = outcomeTables(canonical.steps, situation.horizon);
  const keyCount = tables.reduce((product, table) => product * table.stateCount, 1);
  const frontier: Frontier = {
    idByKey: new Map(),
    isNumericKey: keyCount <= Number.MAX_SAFE_INTEGER,
    states: growingIntegers(),
    usesTotal: growingIntegers(),
    weights: growingFloats(),
    isHeld: growingIntegers(),
  };
  for (let s = 0; s < canonical.steps.length; s += 1) frontier.states.push(0);
  for (const weight of canonical.prior) frontier.weights.push(weight);
  frontier.usesTotal.push(0);
  const rules = evidenceRules(canonical, tables);
  const rootHold = holdAt(rules, { stateOf: () => 0, weights: canonical.prior });
  frontier.isHeld.push(rootHold === null ? 0 : 1);
  const moves: Moves = {
    actionStart: growingIntegers(),
    actionStep: growingIntegers(),
    actionValue: growingFloats(),
    actionRisk: growingFloats(),
    actionTotalRisk: growingFloats(),
    actionHit: growingFloats(),
    edgeStart: growingIntegers(),
    edgeOutcome: growingIntegers(),
    edgeChild: growingIntegers(),
  };
  moves.actionStart.push(0);
  moves.edgeStart.push(0);
  const gates = moveGatesOf(canonical, tables);
  const work = { canonical, tables, rules, gates, frontier, moves, child: new Float64Array(canonical.prior.length) };
  for (let node = 0; node < frontier.usesTotal.length; node += 1) {
    if (frontier.usesTotal.at(node) < situation.horizon) {
      for (let s = 0; s < canonical.steps.length; s += 1) addAction(work, node, s);
    }
    moves.actionStart.push(moves.actionStep.length);
  }
  invariant(frontier.usesTotal.length <= listedCountMax, "the graph's size was checked before building");
  const graph = finishGraph(canonical, frontier, moves, rootHold);
  closeHeld(graph, frontier.isHeld);
  closeUnmet(graph, gates, frontier);
  return graph;
}

/** Closes acts and tries where the evidence allows none, and all but the escalation where it is a surprise. */
function closeHeld(graph: DecisionGraph, isHeld: GrowingList<Int32Array>): void {
  const { responses, steps, escalationIndex } = graph.canonical;
  for (let node = 0; node < graph.nodeCount; node += 1) {
    if (isHeld.at(node) !== 1) continue;
    const isSurprise = node === 0 && graph.rootHold?.kind === "surprise";
    responses.forEach(({ source }, r) => {
      if (isSurprise ? r !== escalationIndex : source.kind === "act")
        graph.responseOpen[node * responses.length + r] = 0;
    });
    for (let action = graph.actionStart[node] ?? 0; action < (graph.actionStart[node + 1] ?? 0); action += 1) {
      const isTry = steps[graph.actionStep[action] ?? 0]?.source.kind === "try";
      if (isSurprise || isTry) graph.actionOpen[action] = 0;
    }
  }
}

/** Closes the responses that need something that was not done. */
function closeUnmet(graph: DecisionGraph, gates: MoveGates, { states }: Frontier): void {
  const { responses, steps } = graph.canonical;
  gates.responses.forEach((own, r) => {
    if (own.length === 0) return;
    for (let node = 0; node < graph.nodeCount; node += 1)
      if (!isThrough(own, (t) => states.at(node * steps.length + t)))
        graph.responseOpen[node * responses.length + r] = 0;
  });
}

interface Work {
  readonly canonical: CanonicalSituation;
  readonly tables: readonly OutcomeTable[];
  readonly rules: EvidenceRules;
  readonly gates: MoveGates;
  readonly frontier: Frontier;
  readonly moves: Moves;
  /** Scratch: the weights of the child being looked at. */
  readonly child: Float64Array;
}

function addAction(work: Work, node: number, s: number): void {
  const { canonical, tables, frontier, moves } = work;
  const step = canonical.steps[s] as CanonicalStep; // s < steps.length
  const table = tables[s] as OutcomeTable; // one table per step
  const state = frontier.states.at(node * canonical.steps.length + s);
  if ((table.usesOf[state] ?? 0) >= step.maxUses) return;
  if (!isThrough(work.gates.steps[s], (t) => frontier.states.at(node * canonical.steps.length + t))) return;
  const base = node * canonical.prior.length;
  let value = 0;
  let risk = 0;
  let escalated = 0;
  for (let c = 0; c < canonical.prior.length; c += 1) {
    const weight = frontier.weights.at(base + c);
    value += weight * (step.gain[c] ?? 0);
    risk += weight * (step.catastrophe[c] ?? 0);
  }
  const escalation = canonical.responses[canonical.escalationIndex];
  for (let o = 0; o < step.outcomeIds.length; o += 1) {
    const nextState = table.next[state * step.outcomeIds.length + o] ?? 0;
    const childMass = weighChild(work, node, s, nextState);
    if (childMass === 0) continue; // no context explains the outcome: the policy has no such branch
    const childNode = internChild(work, node, s, nextState);
    moves.edgeOutcome.push(o);
    moves.edgeChild.push(childNode);
    if (childNode !== surpriseChild) continue;
    for (let c = 0; c < canonical.prior.length; c += 1) {
      value += (work.child[c] ?? 0) * (escalation?.worth[c] ?? 0);
      escalated += (work.child[c] ?? 0) * (escalation?.catastrophe[c] ?? 0);
    }
  }
  moves.actionStep.push(s);
  moves.actionValue.push(value);
  moves.actionRisk.push(risk + (canonical.countsEscalations ? escalated : 0));
  moves.actionTotalRisk.push(risk + escalated);
  moves.actionHit.push(risk);
  moves.edgeStart.push(moves.edgeChild.length);
}

/**
 * Computes the weights of a node with step `s` moved to `nextState`: the prior times one factor for each step, in the
 * order of steps. Leaves them in `work.child` and returns their sum.
 */
function weighChild(work: Work, node: number, s: number, nextState: number): number {
  const { canonical, tables, frontier, child } = work;
  const contextCount = canonical.prior.length;
  child.set(canonical.prior);
  for (let t = 0; t < tables.length; t += 1) {
    const state = t === s ? nextState : frontier.states.at(node * tables.length + t);
    if (state === 0) continue;
    const factor = tables[t]?.factor;
    for (let c = 0; c < contextCount; c += 1) child[c] = (child[c] ?? 0) * (factor?.[state * contextCount + c] ?? 0);
  }
  let mass = 0;
  for (let c = 0; c < contextCount; c += 1) mass += child[c] ?? 0;
  return mass;
}

/** The node of this evidence, made if it is new, or `surpriseChild`. Its weights are in `work.child`. */
function internChild(work: Work, node: number, s: number, nextState: number): number {
  const { tables, frontier } = work;
  let key: number | string = frontier.isNumericKey ? 0 : "";
  for (let t = 0; t < tables.length; t += 1) {
    const state = t === s ? nextState : frontier.states.at(node * tables.length + t);
    key = typeof key === "number" ? key * (tables[t]?.stateCount ?? 1) + state : `${key},${state}`;
  }
  const known = frontier.idByKey.get(key);
  if (known !== undefined) return known;
  const stateOf = (t: number): number => (t === s ? nextState : frontier.states.at(node * tables.length + t));
  const hold = holdAt(work.rules, { stateOf, weights: work.child });
  if (hold?.kind === "surprise") {
    frontier.idByKey.set(key, surpriseChild);
    return surpriseChild;
  }
  const id = frontier.usesTotal.length;
  frontier.idByKey.set(key, id);
  frontier.isHeld.push(hold === null ? 0 : 1);
  for (let t = 0; t < tables.length; t += 1)
    frontier.states.push(t === s ? nextState : frontier.states.at(node * tables.length + t));
  for (const weight of work.child) frontier.weights.push(weight);
  frontier.usesTotal.push(frontier.usesTotal.at(node) + 1);
  return id;
}

function finishGraph(
  canonical: CanonicalSituation,
  frontier: Frontier,
  moves: Moves,
  rootHold: Hold | null,
): DecisionGraph {
  const nodeCount = frontier.usesTotal.length;
  const contextCount = canonical.prior.length;
  const { responses, countsEscalations } = canonical;
  const mass = new Float64Array(nodeCount);
  const responseValue = new Float64Array(nodeCount * responses.length);
  const responseTotalRisk = new Float64Array(nodeCount * responses.length);
  let at = 0;
  for (let node = 0; node < nodeCount; node += 1) {
    const base = node * contextCount;
    for (let c = 0; c < contextCount; c += 1) mass[node] = (mass[node] ?? 0) + frontier.weights.at(base + c);
    for (const response of responses) {
      let value = 0;
      let risk = 0;
      for (let c = 0; c < contextCount; c += 1) {
        const weight = frontier.weights.at(base + c);
        value += weight * (response.worth[c] ?? 0);
        risk += weight * (response.catastrophe[c] ?? 0);
      }
      responseValue[at] = value;
      responseTotalRisk[at] = risk;
      at += 1;
    }
  }
  const isCounted = responses.map(({ source }) => countsEscalations || source.kind === "act");
  const actionTotalRisk = moves.actionTotalRisk.finish();
  return {
    canonical,
    rootHold,
    nodeCount,
    mass,
    responseValue,
    responseRisk: countsEscalations
      ? responseTotalRisk
      : responseTotalRisk.map((risk, index) => (isCounted[index % responses.length] === true ? risk : 0)),
    responseTotalRisk,
    responseOpen: new Uint8Array(responseTotalRisk.length).fill(1),
    actionStart: moves.actionStart.finish(),
    actionStep: moves.actionStep.finish(),
    actionValue: moves.actionValue.finish(),
    actionRisk: countsEscalations ? actionTotalRisk : moves.actionRisk.finish(),
    actionTotalRisk,
    actionHit: moves.actionHit.finish(),
    actionOpen: new Uint8Array(actionTotalRisk.length).fill(1),
    edgeStart: moves.edgeStart.finish(),
    edgeOutcome: moves.edgeOutcome.finish(),
    edgeChild: moves.edgeChild.finish(),
  };
}
