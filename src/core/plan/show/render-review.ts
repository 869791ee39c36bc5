import { joined, printable, type ScreenText, says, screen, wrapRows } from "../../value/screen.ts";
import type { ReviewLine } from "../kinds/step-kind.ts";
import type { Review, ReviewMark, ReviewStep } from "./review.ts";

/** A terminal of the usual width shows the rows of a review as they are, also by way of a file or a pager. */
export const reviewWidthChars = 80;

/**
 * The review as rows for a terminal or a file: plain text with every escape inert (`screen`). Nothing that a proposer
 * or a target wrote can move a cursor, hide or reorder what is signed, or begin a row.
 */
export function renderReview(review: Review): string {
  const lines: ScreenText[] = [
    headline(review),
    screen`targets: ${review.targets.length === 0 ? "none" : review.targets.join(", ")}`,
    ...review.marks.filter((mark) => mark.stepId === null).map(renderMark),
    screen``,
    ...review.summary.map((line) => renderLine(line, screen``)),
    screen``,
    ...review.steps.flatMap((step, index) => renderStep(step, { number: index + 1, review })),
    ...review.definitions
      .filter((section) => section.lines.length > 0)
      .flatMap((section) => [
        screen`${section.title}`,
        ...section.lines.map((line) => renderLine(line, screen`  `)),
        screen``,
      ]),
    // On a row of its own, so that it is never broken: people copy it.
    screen`plan ${review.planName}`,
    screen`${review.planHash}`,
  ];
  return `${wrapRows(printable(joined(lines, "\n")), reviewWidthChars)}\n`;
}

/**
 * How many rows `renderReview` has before a row that is too wide is broken. Cost: O(steps); the rows themselves are not
 * made.
 */
export function reviewRowCount(review: Review): number {
  const sections = review.definitions.filter((section) => section.lines.length > 0);
  const steps = review.steps.reduce((sum, { details }) => sum + details.length + 2, 0);
  const lines = sections.reduce((sum, section) => sum + section.lines.length + 2, 0);
  return review.marks.length + review.summary.length + steps + lines + 6;
}

function headline({ planName, counts: { irreversible, reversible, read, other } }: Review): ScreenText {
  return screen`plan ${planName}: ${irreversible} irreversible, ${reversible} reversible, ${read} read, ${other} other`;
}

function renderMark(mark: ReviewMark): ScreenText {
  return screen`! ${mark.text}`;
}

function renderStep(
  step: ReviewStep,
  context: { readonly number: number; readonly review: Review },
): readonly ScreenText[] {
  const marks = context.review.marks.filter((mark) => mark.stepId === step.id);
  const what = `${step.class ?? step.kind}${step.kind === "probe" ? " probe" : ""}`;
  return [
    screen`${context.number}. ${step.id}  [${what}]  ${step.title}`,
    ...marks.map((mark) => screen`   ${renderMark(mark)}`),
    ...step.details.map((line) => renderLine(line, screen`   `)),
    screen``,
  ];
}

// One row for each, whatever the text holds: line feeds are escaped like everything else.
function renderLine({ label, text, saidBy }: ReviewLine, indent: ScreenText): ScreenText {
  return screen`${indent}${label}: ${saidBy === undefined ? text : says(saidBy, text)}`;
}
