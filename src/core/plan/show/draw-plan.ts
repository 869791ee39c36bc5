import { escapeForTerminal } from "../../value/text.ts";
import { shapeOf, titleOf } from "../kinds/index.ts";
import type { StepShape } from "../kinds/step-kind.ts";
import type { Plan, PlanStep } from "../plan.ts";

/**
 * The plan as a Graphviz document: a node for each step, an edge for each `after`, and the step's `when` on its edges.
 */
export function drawDot(plan: Plan): string {
  const nodes = plan.steps.map(
    (step) => `  ${quoteDot(step.id)} [label=${quoteDot(labelOf(step))}, shape=${shapes[shapeOf(step)].dot}];`,
  );
  const edges = plan.steps.flatMap((step) => {
    const label = step.when === "" ? "" : ` [label=${quoteDot(shorten(step.when))}]`;
    return step.after.map((before) => `  ${quoteDot(before)} -> ${quoteDot(step.id)}${label};`);
  });
  return ["digraph plan {", "  rankdir=TB;", '  node [fontname="monospace"];', ...nodes, ...edges, "}", ""].join("\n");
}

/** The plan as a Mermaid flow chart. */
export function drawMermaid(plan: Plan): string {
  const numberOf = new Map(plan.steps.map((step, index) => [step.id, index]));
  // Nodes get ids of their own, because a step may be called `end`, which ends a block in Mermaid.
  const idOf = (id: string): string => `n${numberOf.get(id) ?? 0}`;
  const nodes = plan.steps.map((step) => {
    const [open, close] = shapes[shapeOf(step)].mermaid;
    return `  ${idOf(step.id)}${open}"${quoteMermaid(labelOf(step))}"${close}`;
  });
  const edges = plan.steps.flatMap((step) =>
    step.after.map(
      (before) =>
        `  ${idOf(before)} -->${step.when === "" ? "" : `|"${quoteMermaid(shorten(step.when))}"|`} ${idOf(step.id)}`,
    ),
  );
  return ["flowchart TB", ...nodes, ...edges, ""].join("\n");
}

const shapes: Readonly<Record<StepShape, { readonly dot: string; readonly mermaid: readonly [string, string] }>> = {
  write: { dot: "box", mermaid: ["[", "]"] },
  irreversible: { dot: "octagon", mermaid: ["{{", "}}"] },
  read: { dot: "ellipse", mermaid: ["(", ")"] },
  other: { dot: "diamond", mermaid: ["{", "}"] },
  ending: { dot: "doublecircle", mermaid: ["((", "))"] },
};

function labelOf(step: PlanStep): string {
  return `${step.id}: ${shorten(titleOf(step))}`;
}

/** A drawing shows where things lead, so it may cut texts. The review shows every word. */
function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59).toWellFormed()}…`;
}

function quoteDot(text: string): string {
  return `"${escapeForTerminal(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

// Mermaid's labels are HTML: quotes, brackets and semicolons would end them, so they become entities.
function quoteMermaid(text: string): string {
  return escapeForTerminal(text).replaceAll(
    /[^A-Za-z0-9 .,:_=!/-]/gu,
    (character) => `#${character.codePointAt(0) ?? 0};`,
  );
}
