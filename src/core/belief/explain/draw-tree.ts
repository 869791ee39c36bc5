import { assertNever } from "../../value/invariant.ts";
import { escapeForTerminal } from "../../value/text.ts";
import { percentText, utilityText } from "../figures.ts";
import type { Situation } from "../situation/situation.ts";
import type { AnnotatedBranch, AnnotatedDo, AnnotatedPolicy } from "./annotate.ts";

/**
 * Draws a policy as an indented tree for a terminal. Every outcome shows its probability; every leaf shows its most
 * probable contexts, its worth and its risk.
 *
 * @returns lines without line ends
 */
export function drawTree(situation: Situation, policy: AnnotatedPolicy): readonly string[] {
  return [nodeLine(situation, policy), ...childLines(situation, policy, "")];
}

function childLines(situation: Situation, policy: AnnotatedPolicy, indent: string): readonly string[] {
  if (policy.kind === "commit") return [];
  const lines: string[] = [];
  const fixed = policy.fixedProbability;
  if (fixed > 0) lines.push(`${indent}├─ fixed (${percentText(fixed)}) → end`);
  policy.branches.forEach((branch, index) => {
    const isLast = index === policy.branches.length - 1;
    lines.push(`${indent}${isLast ? "└─" : "├─"} ${branchLabel(branch)} → ${nodeLine(situation, branch.then)}`);
    lines.push(...childLines(situation, branch.then, `${indent}${isLast ? "   " : "│  "}`));
  });
  return lines;
}

function branchLabel(branch: AnnotatedBranch): string {
  const surprise = branch.isSurprise ? ", surprise" : "";
  return `${escapeForTerminal(branch.outcome)} (${percentText(branch.probability)}${surprise})`;
}

function nodeLine(situation: Situation, node: AnnotatedPolicy): string {
  switch (node.kind) {
    case "do":
      return `${verbOf(node)} ${escapeForTerminal(node.step.id)}`;
    case "commit": {
      const risk = node.figures.riskToGo > 0 ? `  risk ${percentText(node.figures.riskToGo)}` : "";
      const sign = node.response.kind === "escalate" ? "▲" : "■";
      const contexts = likeliest(situation, node.figures.probabilityByContext);
      const worth = `worth ${utilityText(node.figures.valueToGo)}${risk}`;
      return `${sign} ${escapeForTerminal(node.response.id)}  [${contexts}]  ${worth}`;
    }
    default:
      return assertNever(node);
  }
}

function verbOf(node: AnnotatedDo): string {
  switch (node.step.kind) {
    case "probe":
      return "?";
    case "wait":
      return "…";
    case "try":
      return "▷";
    default:
      return assertNever(node.step);
  }
}

/** The two most probable contexts, the more probable one first. Ties keep the declared order. */
function likeliest(situation: Situation, belief: readonly number[]): string {
  return situation.contexts
    .map((context, index) => ({ id: context.id, probability: belief[index] ?? 0 }))
    .sort((left, right) => right.probability - left.probability)
    .slice(0, 2)
    .filter(({ probability }) => probability > 0)
    .map(({ id, probability }) => `${escapeForTerminal(id)} ${percentText(probability)}`)
    .join(", ");
}

/** What the signs in the tree mean; it is printed below the tree. */
export const treeLegend = "? probe   … wait   ▷ try   ■ act   ▲ escalate";
