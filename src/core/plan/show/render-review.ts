import { escapeForTerminal } from "../../value/text.ts";
import type { ReviewLine } from "../kinds/step-kind.ts";
import type { Review, ReviewMark, ReviewStep } from "./review.ts";

/**
 * The review as lines for a terminal or a file: plain text with every escape inert (`escapeForTerminal`). Nothing that
 * a proposer or a target wrote can move a cursor, or hide or reorder what is signed.
 */
export function renderReview(review: Review): string {
  const lines = [
    headline(review),
    `targets: ${review.targets.length === 0 ? "none" : review.targets.join(", ")}`,
    ...review.marks.filter((mark) => mark.stepId === null).map(renderMark),
    "",
    ...review.summary.map((line) => renderLine(line, "")),
    "",
    ...review.steps.flatMap((step, index) => renderStep(step, { number: index + 1, review })),
    ...review.definitions
      .filter((section) => section.lines.length > 0)
      .flatMap((section) => [`${section.title}`, ...section.lines.map((line) => renderLine(line, "  ")), ""]),
    `plan ${review.planName}  ${review.planHash}`,
  ];
  return `${lines.map(escapeForTerminal).join("\n")}\n`;
}

function headline({ planName, counts: { irreversible, reversible, read, other } }: Review): string {
  return `plan ${planName}: ${irreversible} irreversible, ${reversible} reversible, ${read} read, ${other} other`;
}

function renderMark(mark: ReviewMark): string {
  return `! ${mark.text}`;
}

function renderStep(
  step: ReviewStep,
  context: { readonly number: number; readonly review: Review },
): readonly string[] {
  const marks = context.review.marks.filter((mark) => mark.stepId === step.id);
  const what = `${step.class ?? step.kind}${step.kind === "probe" ? " probe" : ""}`;
  return [
    `${context.number}. ${step.id}  [${what}]  ${step.title}`,
    ...marks.map((mark) => `   ${renderMark(mark)}`),
    ...step.details.map((line) => renderLine(line, "   ")),
    "",
  ];
}

// One line for each, whatever the text holds: line feeds are escaped like everything else.
function renderLine({ label, text }: ReviewLine, indent: string): string {
  return `${indent}${label}: ${text}`;
}
