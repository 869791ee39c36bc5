import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readSituation } from "../../../packs/read-situation.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { policyTree } from "./policy-tree.ts";

const files = ["packs/web-service/situations/latency-spike.yaml", "examples/situations/suspicious-host.yaml"];

it.each(files)("the tree of %s adds up to the value and the risk of the decision", (path) => {
  const read = readSituation(readFileSync(path));
  if (!read.ok) throw new Error(read.error[0]?.message);
  const { situation } = read.value;
  const decision = decideSituation(situation);
  if (!decision.ok || decision.value.kind !== "decided") throw new Error("it is decided");
  const { policy, value, risk } = decision.value.chosen;

  const { nodes, edges } = policyTree(situation, policy);

  const [root] = nodes;
  expect(root?.valueToGo).toBeCloseTo(value, 9);
  expect(root?.riskToGo).toBeCloseTo(risk, 12);
  expect(edges).toHaveLength(nodes.length - 1);
  expect(new Set(edges.map(({ to }) => to)).size).toBe(edges.length);
  for (const [index, node] of nodes.entries()) {
    const beliefs = Object.values(node.belief).reduce((sum, one) => sum + one, 0);
    expect(beliefs).toBeCloseTo(1, 9);
    const own = edges.filter(({ from }) => from === index);
    for (const { to, probability } of own) {
      expect(to).toBeGreaterThan(index);
      expect(nodes[to]?.probability).toBeCloseTo(node.probability * probability, 9);
    }
    const isLeaf = node.kind === "act" || node.kind === "escalate";
    expect(own.length > 0).toBe(!isLeaf);
    // A probe of this situation always answers, and a `try` ends the episode where it settles the matter.
    const goesOn = own.reduce((sum, { probability }) => sum + probability, 0);
    if (node.kind === "probe") expect(goesOn).toBeCloseTo(1, 2);
    if (node.kind === "try") expect(goesOn + (node.fixedProbability ?? 0)).toBeLessThanOrEqual(1 + 1e-9);
  }
});
