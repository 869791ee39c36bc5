import type { Policy } from "../policy.ts";

/** A policy as a graph in which equal subtrees are one node. This is what is drawn and compiled. */
export interface MergedPolicy {
  /** Parents before children, the root first. */
  readonly nodes: readonly MergedNode[];
}

/** One node. The edges in `on` lead to other nodes by their index. */
export type MergedNode =
  | { readonly kind: "commit"; readonly response: string }
  | { readonly kind: "do"; readonly step: string; readonly on: readonly MergedEdge[] };

/** One outcome, and the node it leads to. */
export interface MergedEdge {
  readonly outcome: string;
  readonly isSurprise: boolean;
  readonly to: number;
}

/**
 * Merges equal subtrees. Two nodes become one when they do the same and go on in the same way after every outcome.
 *
 * Cost: linear in the number of nodes of the tree.
 */
export function mergePolicy(policy: Policy): MergedPolicy {
  const interned: MergedNode[] = [];
  const indexByKey = new Map<string, number>();
  const intern = (node: Policy): number => {
    const merged: MergedNode =
      node.kind === "commit"
        ? node
        : {
            kind: "do",
            step: node.step,
            on: node.on.map((branch) => ({
              outcome: branch.outcome,
              isSurprise: branch.isSurprise,
              to: intern(branch.then),
            })),
          };
    const key = JSON.stringify(merged);
    const known = indexByKey.get(key);
    if (known !== undefined) return known;
    interned.push(merged);
    indexByKey.set(key, interned.length - 1);
    return interned.length - 1;
  };
  intern(policy);
  // Children come first so far. People and compilers read from the root.
  const last = interned.length - 1;
  return {
    nodes: interned
      .toReversed()
      .map((node) =>
        node.kind === "commit" ? node : { ...node, on: node.on.map((edge) => ({ ...edge, to: last - edge.to })) },
      ),
  };
}
