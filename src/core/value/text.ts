import { limits } from "./limits.ts";

// Everything that a terminal obeys, reorders or does not show: control characters, with which escape sequences begin;
// format characters such as bidirectional overrides, zero-width characters and tags; separators other than the space;
// lone surrogates; private-use characters; unassigned characters, so that a new letter is escaped until the engine's
// Unicode version knows it; characters that fonts ignore by default, such as fillers and variation selectors; and the
// blank Braille pattern.
const unshowable = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

// Backslashes before `u{` in the text itself. They are doubled, so that a text cannot imitate one of our escapes.
const imitation = /\\+(?=u\{)/g;

// A run of blanks moves what follows to another column, and by way of the terminal's own wrapping to another row.
const blanks = / {2,}/g;

// No script stacks more marks on a letter than this. A higher stack is drawn over the rows above and below.
const stackedMarks = /(?<=\p{M}{4})\p{M}/gu;

/**
 * Makes a text safe for one line of a terminal. A character that could move the cursor, or hide, reorder or colour
 * something, is shown in the form `\u{1b}`; line feeds and tabs are too. A run of blanks is shown as their number, in
 * the form `\u{20×7}`, so that no text can move itself to another column.
 *
 * Letters, marks, digits, punctuation and emoji of every script stay as they are. Two different texts never give the
 * same result: a `\u{` in the text itself is shown as `\\u{`.
 */
export function escapeForTerminal(text: string): string {
  return escapeRest(text.replace(imitation, "$&$&"));
}

/**
 * As `escapeForTerminal`, for a sentence of ours in which each foreign piece was escaped already (`quote`): an escape
 * stays as it is, and is not escaped a second time. What nobody has escaped yet is escaped.
 */
export function escapeRest(sentence: string): string {
  return sentence
    .replace(blanks, (run) => `\\u{20×${run.length}}`)
    .replace(stackedMarks, showCodePoint)
    .replace(unshowable, showCodePoint);
}

/**
 * The same JSON document, with every character in it that a terminal obeys, reorders or does not show written as a JSON
 * escape. A reader of JSON gets the same values. In JSON such a character can only stand in a string.
 */
export function escapeJsonForTerminal(json: string): string {
  return json.replace(unshowable, (character) =>
    character === "\n"
      ? character
      : [...Array(character.length).keys()].map((at) => unitEscape(character, at)).join(""),
  );
}

/**
 * Only makes visible what a terminal would obey, reorder or hide. Line feeds, runs of blanks and escapes that are there
 * already stay as they are: it is for text that was composed here, as a net under each piece's own escape.
 */
export function escapeControls(text: string): string {
  return text.replace(unshowable, (character) => (character === "\n" ? character : showCodePoint(character)));
}

/**
 * Quotes a piece of input in a message: in backticks, escaped for a terminal, and cut to `limits.quoteCharsMax`. A
 * backtick in the input is escaped too, so that the input cannot end its own quotation.
 */
export function quote(text: string): string {
  const shown = text.length <= limits.quoteCharsMax ? text : `${cut(text, limits.quoteCharsMax)}…`;
  return `\`${escapeForTerminal(shown).replaceAll("`", "\\u{60}")}\``;
}

/**
 * A foreign text in a sentence of ours, with who wrote it: `the proposer says “Log more.”`. A quotation mark in it
 * becomes a straight one, so that the text cannot end its own quotation. What shows the sentence escapes it.
 *
 * @param source - who wrote it: `the proposer`, `the sender of the alert`, or a person's name
 */
export function saidBy(source: string, text: string): string {
  return `${source} says ${inQuotationMarks(text)}`;
}

/**
 * What somebody said, in a sentence of ours that is kept as a text, such as the reason for which a run ended: in
 * quotation marks that it cannot end, and escaped. `sentence` shows it, and does not escape it once more.
 */
export function quoteWords(text: string): string {
  return escapeForTerminal(inQuotationMarks(text));
}

/** A foreign text in quotation marks, for where its source stands beside it. What shows it escapes it. */
export function inQuotationMarks(text: string): string {
  return `“${text.replace(/[“”„‟]/g, '"')}”`;
}

/**
 * The candidate nearest to a misspelt name, if it is near enough to be the one that was meant: at most a third of the
 * length away.
 *
 * Ties go to the candidate listed first.
 *
 * Cost: O(candidates × length²). Names beyond `limits.nameCharsMax` and candidates beyond `limits.suggestCandidatesMax`
 * are not compared, so that a flood of unknown names stays cheap.
 */
export function closestName(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > limits.nameCharsMax) return undefined;
  let distanceMin = Math.max(1, Math.floor(name.length / 3)) + 1;
  let closest: string | undefined;
  for (const candidate of candidates.slice(0, limits.suggestCandidatesMax)) {
    if (Math.abs(candidate.length - name.length) >= distanceMin) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < distanceMin) {
      distanceMin = distance;
      closest = candidate;
    }
  }
  return closest;
}

/** A hint: "did you mean …?" when a candidate is close, or else what there is. */
export function suggestName(name: string, candidates: readonly string[]): string {
  const closest = closestName(name, candidates);
  if (closest !== undefined) return `did you mean ${quote(closest)}?`;
  if (candidates.length === 0) return "there is none to choose from";
  const shown = candidates.slice(0, 8).map(quote).join(", ");
  return `use one of ${shown}${candidates.length > 8 ? ", …" : ""}`;
}

function showCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function unitEscape(character: string, at: number): string {
  return `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
}

// Cuts a text without splitting a surrogate pair.
function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}

// Optimal string alignment (Damerau 1964): an insertion, deletion, substitution or swap of neighbours costs one.
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution = left[row - 1] === right[column - 1] ? 0 : 1;
      let best = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + substitution,
      );
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) best = Math.min(best, at(beforePrevious, column - 2) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
