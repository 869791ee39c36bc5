import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/sources.ts";
import type { Edit } from "./seeded-bug.ts";

/** Applies the edit to the text of its file. The new text is inserted literally. */
export function editSource(source: string, edit: Edit): string {
  return source.replace(patternOf(edit.find), () => edit.replace);
}

/** How often an edit's text occurs in its file. It must be once, or the bug is not what it says. */
export function countOccurrences(edit: Edit): number {
  const source = readFileSync(join(root, edit.file), "utf8");
  return [...source.matchAll(new RegExp(patternOf(edit.find), "g"))].length;
}

/**
 * Matches the text in any layout that a formatter may choose: line breaks and indentation between words and signs do
 * not count, and neither does a comma before a closing bracket. A string in quotes must match exactly. `…` matches
 * anything within one statement.
 */
function patternOf(text: string): RegExp {
  const tokens = text.match(/"[^"\n]*"|\w+|\S/g) ?? [];
  const pattern = tokens.map((token, index) => {
    const escaped = token === "…" ? "[^;]*?" : token.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    const previous = tokens[index - 1];
    if (previous === undefined) return escaped;
    if (/^\w/.test(token) && /\w$/.test(previous)) return `\\s+${escaped}`;
    return /^[)\]}]$/.test(token) ? `\\s*,?\\s*${escaped}` : `\\s*${escaped}`;
  });
  return new RegExp(pattern.join(""));
}
