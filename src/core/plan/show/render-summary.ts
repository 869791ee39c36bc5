import { joined, printable, screen, wrapRows } from "../../value/screen.ts";
import { counted } from "../../value/units.ts";
import type { PlanOutline } from "./outline.ts";
import { reviewWidthChars } from "./render-review.ts";
import type { Review } from "./review.ts";
import { headOf } from "./word-change.ts";

/**
 * What a plan would change, in our own words, for the place where a person decides: no text of a proposer stands in it
 * but short values, and nothing stands between it and the question.
 */
export function renderSummary(review: Review, { changes }: PlanOutline): string {
  const { planName, counts } = review;
  const classes = [
    ...(counts.irreversible > 0 ? [counted(counts.irreversible, "irreversible write")] : []),
    ...(counts.reversible > 0 ? [counted(counts.reversible, "reversible write")] : []),
  ].join(", ");
  const shown = changes.slice(0, groupsMax);
  const left = changes.length - shown.length;
  const rows = [
    screen`${planName} would make ${classes === "" ? "no write" : classes}; nothing is done yet`,
    ...shown.map((group, index) => {
      const mark = group.class === "irreversible" ? "IRREVERSIBLE" : "reversible";
      const by = group.changes.length === 0 ? "" : ` (${group.action})`;
      return screen`  ${index + 1}. ${mark} ${headOf(group, namesCharsMax)}${by}`;
    }),
    ...(left > 0 ? [screen`  and ${counted(left, "more change")}, numbered above`] : []),
  ];
  return `${wrapRows(printable(joined(rows, "\n")), reviewWidthChars)}\n`;
}

/** More than these would push the question off the screen. The outline above has all of them. */
const groupsMax = 30;

const namesCharsMax = 400;
