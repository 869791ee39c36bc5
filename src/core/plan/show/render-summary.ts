import { canonicalText } from "../../value/canonical.ts";
import { joined, printable, type ScreenText, screen, wrapRows } from "../../value/screen.ts";
import { counted } from "../../value/units.ts";
import type { PredictedChange, WriteGroup } from "./group-writes.ts";
import { reviewWidthChars } from "./render-review.ts";
import type { Review } from "./review.ts";

/**
 * What a plan would change, in our own words, for the place where a person decides: no text of a proposer stands in it,
 * and nothing stands between it and the question.
 */
export function renderSummary(review: Review): string {
  const { writes, planName, counts } = review;
  const classes = [
    ...(counts.irreversible > 0 ? [counted(counts.irreversible, "irreversible write")] : []),
    ...(counts.reversible > 0 ? [counted(counts.reversible, "reversible write")] : []),
  ].join(", ");
  const rows = [
    screen`${planName} would make ${classes === "" ? "no write" : classes}; nothing is done yet`,
    ...writes.flatMap((write, index) => rowsOf(write, index + 1)),
  ];
  return `${wrapRows(printable(joined(rows, "\n")), reviewWidthChars)}\n`;
}

/** More than these would push the question off the screen. The review above has all of them. */
const namedMax = 12;

function rowsOf({ action, class: kind, targets, changes }: WriteGroup, number: number): readonly ScreenText[] {
  const mark = kind === "irreversible" ? "IRREVERSIBLE" : "reversible";
  const where = targets.length === 1 ? (targets[0] ?? "") : `${targets.length} objects: ${shorten(targets)}`;
  const lines = changes.slice(0, namedMax).map((change) => screen`     ${describeChange(change)}`);
  const left = changes.length - lines.length;
  return [
    screen`  ${number}. ${mark}  ${action} on ${where}`,
    ...(changes.length === 0 ? [screen`     what it changes is not declared`] : lines),
    ...(left > 0 ? [screen`     and ${counted(left, "change")} more, of the same kind`] : []),
  ];
}

function shorten(targets: readonly string[]): string {
  const left = targets.length - namedMax;
  return `${targets.slice(0, namedMax).join(", ")}${left > 0 ? `, and ${left} more` : ""}`;
}

function describeChange({ fact, before, after }: PredictedChange): string {
  return `${fact}: ${before === null ? "unknown" : shortValue(before)} → ${shortValue(after)}`;
}

/** A value may be a text of the proposer. A long one would take the screen. */
function shortValue(value: PredictedChange["after"]): string {
  const text = canonicalText(value);
  return text.length <= valueCharsMax ? text : `${text.slice(0, valueCharsMax)}…`;
}

const valueCharsMax = 60;
