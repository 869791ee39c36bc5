import { escapeControls, escapeForTerminal, escapeRest, inQuotationMarks, saidBy } from "./text.ts";

/**
 * Text that may go to a terminal. Nothing else may: `CliContext.out` and `err` take it alone, so the compiler finds
 * every text that did not come this way.
 *
 * It is made by the tag `screen`, which escapes all that is put into it. A text of a proposer, a target or a sender can
 * therefore neither begin a row, nor move to another column, nor pass for ours.
 */
export interface ScreenText {
  /** What is printed. Rows end in a line feed. */
  readonly [rows]: string;
}

const rows = Symbol("rows");

/**
 * Our own words, with values in them. A value that is no `ScreenText` counts as foreign and is escaped
 * (`escapeForTerminal`): it stays on its row.
 */
export function screen(words: TemplateStringsArray, ...values: readonly (ScreenText | string | number)[]): ScreenText {
  let text = words[0] ?? "";
  values.forEach((value, index) => {
    text += typeof value === "object" ? value[rows] : escapeForTerminal(String(value));
    text += words[index + 1] ?? "";
  });
  return { [rows]: text };
}

/**
 * A foreign text in quotation marks, with who wrote it: `the proposer says “Log more.”`. A quotation mark in the text
 * becomes a straight one, so that the text cannot end its own quotation.
 *
 * @param source - who wrote it: `the proposer`, `the sender of the alert`, or a person's name
 */
export function says(source: string, text: string): ScreenText {
  return screen`${saidBy(source, text)}`;
}

/** A foreign text in quotation marks, for where its source stands beside it. */
export function quoted(text: string): ScreenText {
  return screen`${inQuotationMarks(text)}`;
}

/**
 * A sentence of ours, such as the message of a problem, in which each foreign piece was escaped when it was quoted. It
 * stays on its row, and its escapes are not escaped a second time.
 */
export function sentence(text: string): ScreenText {
  return { [rows]: escapeRest(text) };
}

/**
 * Text that this program composed as a whole and in which each foreign piece is escaped already, such as a table. Line
 * feeds and runs of blanks stay. A character that a terminal obeys is escaped even here.
 */
export function ownText(text: string): ScreenText {
  return { [rows]: escapeControls(text) };
}

/** Text in a colour or another style. What `paint` puts around it is the only escape that reaches a screen. */
export function painted(paint: (text: string) => string, text: ScreenText | string): ScreenText {
  return { [rows]: paint(printable(screen`${text}`)) };
}

/** Texts with our own separator between them. */
export function joined(texts: readonly (ScreenText | string)[], separator: string): ScreenText {
  return { [rows]: texts.map((text) => printable(screen`${text}`)).join(separator) };
}

/** A value in a column of a table: escaped, then filled up with blanks. */
export function column(text: string, widthChars: number): ScreenText {
  return { [rows]: printable(screen`${text}`).padEnd(widthChars) };
}

/** A foreign text of several rows, such as a program's output, with a gutter before each of them. */
export function block(text: string): ScreenText {
  return joined(
    text.split("\n").map((row) => screen`  │ ${row}`),
    "\n",
  );
}

/** What is printed for a text. */
export function printable(text: ScreenText): string {
  return text[rows];
}

/**
 * Breaks rows that are wider than the screen, which the terminal would break itself, and begins each part after the
 * first with a gutter. So no text from outside can begin a row. It breaks at blanks where there are any.
 *
 * @param widthChars - of the screen. A character outside of ASCII counts as two columns; no terminal gives it more.
 */
export function wrapRows(text: string, widthChars: number): string {
  return text
    .split("\n")
    .map((row) => wrapRow(row, Math.max(widthChars, widthCharsMin)))
    .join("\n");
}

/** On a narrower screen a gutter would leave no room for the text. */
const widthCharsMin = 20;

/** What takes one column a character. */
const plainRow = /^[ -~]*$/;

function wrapRow(row: string, widthChars: number): string {
  if (row.length <= widthChars && plainRow.test(row)) return row;
  const indentChars = /^ */.exec(row)?.[0].length ?? 0;
  const gutter = `${" ".repeat(indentChars < 2 || indentChars > widthChars / 2 ? 2 : indentChars)}│ `;
  const parts: string[] = [];
  let rest = row;
  const nextRoom = widthChars - gutter.length - 1;
  for (let room = widthChars; ; room = nextRoom) {
    const end = endOfPart(rest, room, nextRoom);
    parts.push(rest.slice(0, end).trimEnd());
    if (end >= rest.length) return parts.join(`\n${gutter}`);
    rest = rest.slice(end).trimStart();
  }
}

/** Where the part of a row that fits on the screen ends: at a blank, or else behind the last character that fits. */
function endOfPart(row: string, room: number, nextRoom: number): number {
  let columns = 0;
  let behindBlank = 0;
  let isIndented = true;
  // A colour takes no column. Neither it nor an escape is broken: half of `\u{a0}` would read as something else.
  for (const { 0: piece, index } of row.matchAll(/\u001b\[[0-9;]*m|\\+u(?:\{[0-9a-f×]+\}|[0-9a-f]{4})|./gsu)) {
    if (piece.startsWith("\u001b")) continue;
    columns += columnsOf(piece);
    if (piece !== " ") isIndented = false;
    else if (!isIndented) behindBlank = index;
    if (columns > room)
      return behindBlank > 0 && fitsAlone(row, behindBlank, nextRoom) ? behindBlank : Math.max(index, 1);
  }
  return row.length;
}

function columnsOf(piece: string): number {
  return [...piece].reduce((columns, character) => columns + (character <= "~" ? 1 : 2), 0);
}

/** Whether the word behind a blank fits on a row of its own, so that it need not be broken: a digest, say. */
function fitsAlone(row: string, blank: number, room: number): boolean {
  const end = row.indexOf(" ", blank + 1);
  return (end < 0 ? row.length : end) - blank - 1 <= room;
}
