import { printable, type ScreenText } from "../../../core/value/screen.ts";

/** The line at the bottom of a terminal that says what is going on. Everything else is printed above it. */
export interface BottomLine {
  /** Shows a line in place of the one before; `null` takes it away. `null` itself where there is no terminal. */
  readonly show: ((text: ScreenText | null) => void) | null;
  /** Prints something while the line is out of the way. */
  readonly aside: (print: () => void) => void;
}

/** Of a terminal that does not say how wide it is. */
const usualWidthChars = 80;

/** Goes back to the beginning of the row and empties it (ECMA-48). */
const emptyRow = "\r\u001b[2K";

/** A bottom line for a stream. It is one row at most, so that it can be taken away again. */
export function bottomLine(
  stream: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown },
  isDumb: boolean,
): BottomLine {
  if (stream.isTTY !== true || isDumb) return { show: null, aside: (print) => print() };
  let shown = "";
  const show = (text: string): void => {
    if (text === shown) return;
    stream.write(`${shown === "" ? "" : emptyRow}${text}`);
    shown = text;
  };
  return {
    show: (text) => show(text === null ? "" : cut(printable(text), (stream.columns || usualWidthChars) - 1)),
    aside: (print) => {
      const before = shown;
      show("");
      print();
      show(before);
    },
  };
}

/** The beginning of a text that fits on a row. A character outside of ASCII counts as two columns. */
function cut(text: string, widthChars: number): string {
  let columns = 0;
  for (const { 0: piece, index } of text.matchAll(/./gsu)) {
    columns += piece <= "~" ? 1 : 2;
    if (columns > widthChars) return text.slice(0, index);
  }
  return text;
}
