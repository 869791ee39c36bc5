import { type Problem, problem } from "../../value/codes.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { visitLayer } from "../solve/layers.ts";
import { type NodeMoves, nodeMovesOf, readMoves } from "../solve/node-moves.ts";
import type { Outlook } from "../solve/outlook.ts";
import { keepsLimit } from "../tolerance.ts";

/** The most states that are written: other solvers take far fewer. */
const stateCountMax = 20_000;

/**
 * The decision in the file format of Cassandra's `pomdp-solve`, so that another solver can check it.
 *
 * A state is a context together with what was seen by then, and what was seen is observed. So whatever depends on what
 * was seen can be said there: how often a step may be taken, the horizon, what the evidence forbids, and the limit on
 * every single move. A move that is not allowed hands over instead. The limit on the whole policy cannot be said; the
 * optimum of the file is that without it. A finite horizon of the longest policy and no discount are meant.
 *
 * @returns `E_SITUATION_SIZE` for more than 20,000 states
 *
 * Cost: beliefs × contexts × moves.
 */
export function writePomdp(outlook: Outlook): Result<readonly string[], readonly Problem[]> {
  const { layers, situation } = outlook;
  const { contextIds, steps, responses, prior } = layers.canonical;
  const stateCount = layers.nodeCount * contextIds.length + 1;
  if (!outlook.isWhole || stateCount > stateCountMax)
    return fail([
      problem("E_SITUATION_SIZE", "", `the file would have more than ${stateCountMax} states`, "lower `horizon`"),
    ]);
  const nodes = Array.from({ length: layers.nodeCount }, (_, node) => node);
  const stateOf = (node: number, c: number): string => `n${node}-${contextIds[c] ?? ""}`;
  const lines = [
    `# ${situation.id}: a state is a context and what was seen by then, which is observed as o<number>.`,
    `# Undiscounted, ${situation.horizon + 1} moves; without the limit on the whole policy.`,
    "discount: 1.0",
    "values: reward",
    `states: ${nodes.flatMap((node) => contextIds.map((_, c) => stateOf(node, c))).join(" ")} end`,
    `actions: ${[...steps, ...responses].map(({ source }) => source.id).join(" ")}`,
    `observations: ${nodes.map((node) => `o${node}`).join(" ")} nothing`,
    `start: ${[...nodes.flatMap((node) => contextIds.map((_, c) => (node === 0 ? (prior[c] ?? 0) : 0))), 0].join(" ")}`,
    "T: * : end : end 1",
    "O: * : end : nothing 1",
    ...nodes.flatMap((node) => contextIds.map((_, c) => `O: * : ${stateOf(node, c)} : o${node} 1`)),
  ];
  const isVisited = new Set<number>();
  const moves = nodeMovesOf(layers);
  for (let uses = 0; uses <= layers.depth; uses += 1)
    visitLayer(layers, uses, (node) => {
      readMoves(layers, node, moves);
      isVisited.add(node.id);
      contextIds.forEach((_, c) => {
        lines.push(
          ...movesFrom(outlook, moves, {
            c,
            state: stateOf(node.id, c),
            stateOf,
            childOf: node.childOf,
            states: node.states,
          }),
        );
      });
    });
  // What no context explains is never reached, and a file has to say what happens there all the same.
  for (const node of nodes.filter((one) => !isVisited.has(one)))
    for (const [c] of contextIds.entries()) lines.push(`T: * : ${stateOf(node, c)} : end 1`);
  return ok(lines);
}

interface From {
  readonly c: number;
  readonly state: string;
  readonly stateOf: (node: number, c: number) => string;
  readonly childOf: (s: number, nextState: number) => number;
  readonly states: Int32Array;
}

function movesFrom({ layers, situation }: Outlook, moves: NodeMoves, from: From): readonly string[] {
  const { canonical, tables } = layers;
  const { responses, steps, escalationIndex } = canonical;
  const { c, state } = from;
  const cap = situation.limitGivenEvidence;
  const isWithin = (risk: number | undefined): boolean =>
    cap >= 1 || keepsLimit({ risk: risk ?? 0, limit: cap * moves.mass });
  // A card without an escalation forbids nothing but uses beyond the last: the worst response is as good there.
  const instead = responses[escalationIndex]?.worth[c] ?? Math.min(...responses.map(({ worth }) => worth[c] ?? 0));
  const end = (action: string, reward: number): readonly string[] => [
    `T: ${action} : ${state} : end 1`,
    `R: ${action} : ${state} : * : * ${reward}`,
  ];
  const isSurprise = moves.isSurprise && moves.id !== 0;
  const taken = responses.flatMap(({ source, worth }, r) => {
    const isOpen = !isSurprise && moves.responseOpen[r] === 1 && isWithin(moves.responseRisk[r]);
    return end(source.id, isOpen ? (worth[c] ?? 0) : instead);
  });
  const stepped = steps.flatMap(({ source, gain, goesOn, outcomeIds, continuation }, s): readonly string[] => {
    const a = moves.actionStep.subarray(0, isSurprise ? 0 : moves.actionCount).indexOf(s);
    if (a < 0 || moves.actionOpen[a] === 0 || !isWithin(moves.actionHit[a])) return end(source.id, instead);
    const table = tables[s];
    const branches = outcomeIds.flatMap((_, o) => {
      const next = table?.next[(from.states[s] ?? 0) * outcomeIds.length + o] ?? 0;
      const p = continuation[o]?.[c] ?? 0;
      return p === 0 ? [] : [`T: ${source.id} : ${state} : ${from.stateOf(from.childOf(s, next), c)} ${p}`];
    });
    const ends = 1 - (goesOn[c] ?? 0);
    return [
      ...branches,
      ...(ends > 0 ? [`T: ${source.id} : ${state} : end ${ends}`] : []),
      `R: ${source.id} : ${state} : * : * ${gain[c] ?? 0}`,
    ];
  });
  return [...taken, ...stepped];
}
