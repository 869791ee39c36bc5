import type { Policy } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { responseOf, stepOf } from "../solve/evaluate-policy.ts";
import { type MergedNode, mergePolicy } from "./merge.ts";

/** Draws the merged policy in the DOT language of Graphviz. `dot -Tsvg` turns it into a picture. */
export function drawDot(situation: Situation, policy: Policy): readonly string[] {
  const { nodes } = mergePolicy(policy);
  const lines = [
    `digraph ${dotText(situation.id)} {`,
    "  rankdir=TB;",
    '  node [fontname="Helvetica"]; edge [fontname="Helvetica"];',
  ];
  nodes.forEach((node, index) =>
    lines.push(`  n${index} [label=${dotText(labelOf(node))}, ${dotShape(situation, node)}];`),
  );
  nodes.forEach((node, index) => {
    if (node.kind === "commit") return;
    for (const edge of node.on)
      lines.push(
        `  n${index} -> n${edge.to} [label=${dotText(edge.outcome)}${edge.isSurprise ? ", style=dashed" : ""}];`,
      );
    if (canFix(situation, node)) lines.push(`  n${index} -> end [label="fixed"];`);
  });
  if (nodes.some((node) => canFix(situation, node))) lines.push('  end [label="end", shape=doublecircle];');
  return [...lines, "}"];
}

/** Draws the merged policy as a Mermaid flowchart, which code hosts render inside Markdown. */
export function drawMermaid(situation: Situation, policy: Policy): readonly string[] {
  const { nodes } = mergePolicy(policy);
  const lines = ["flowchart TD"];
  nodes.forEach((node, index) => lines.push(`  n${index}${mermaidShape(situation, node)}`));
  nodes.forEach((node, index) => {
    if (node.kind === "commit") return;
    for (const edge of node.on)
      lines.push(`  n${index} ${edge.isSurprise ? "-.->" : "-->"}|${mermaidText(edge.outcome)}| n${edge.to}`);
    if (canFix(situation, node)) lines.push(`  n${index} -->|${mermaidText("fixed")}| fixed_end`);
  });
  if (nodes.some((node) => canFix(situation, node))) lines.push(`  fixed_end(((${mermaidText("end")})))`);
  return lines;
}

function labelOf(node: MergedNode): string {
  return node.kind === "commit" ? node.response : node.step;
}

function canFix(situation: Situation, node: MergedNode): boolean {
  return node.kind === "do" && stepOf(situation, node.step).kind === "try";
}

function dotShape(situation: Situation, node: MergedNode): string {
  if (node.kind === "do")
    return stepOf(situation, node.step).kind === "try" ? "shape=box, style=rounded" : "shape=diamond";
  return responseOf(situation, node.response).kind === "escalate" ? "shape=house" : "shape=box";
}

function mermaidShape(situation: Situation, node: MergedNode): string {
  const text = mermaidText(labelOf(node));
  if (node.kind === "do") return stepOf(situation, node.step).kind === "try" ? `(${text})` : `{${text}}`;
  return responseOf(situation, node.response).kind === "escalate" ? `>${text}]` : `[${text}]`;
}

/**
 * A DOT string has one escape, for the quote. A backslash at the end would escape the quote, so backslashes are doubled
 * too.
 */
function dotText(text: string): string {
  return `"${visible(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/**
 * Mermaid reads HTML entities, written with `#`, inside quotes. Every character that could end the quote or open a tag
 * is one.
 */
function mermaidText(text: string): string {
  return `"${visible(text).replaceAll(/["#<>&;`\\]/g, (character) => `#${character.codePointAt(0) ?? 0};`)}"`;
}

function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
