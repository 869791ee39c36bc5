/** A piece of a guard's text. `column` counts from 1. */
export type Token =
  | { readonly kind: "identifier"; readonly text: string; readonly column: number }
  | { readonly kind: "integer"; readonly text: string; readonly column: number }
  | { readonly kind: "text"; readonly text: string; readonly value: string; readonly column: number }
  | { readonly kind: "symbol"; readonly text: string; readonly column: number }
  /** Text that is no token. Reading goes on after it, so that a named refusal further on is still found. */
  | { readonly kind: "stray"; readonly text: string; readonly reason: string; readonly column: number }
  | { readonly kind: "end"; readonly text: ""; readonly column: number };

// The last alternative matches anything, so some alternative matches at every position and the loop below always
// advances. A number takes all letters and points that touch it: `1.5`, `0x10` and `1u` are each one stray and never
// two tokens.
const tokenPattern = new RegExp(
  [
    /(?<space>[ \t\r\n\f]+)/,
    /(?<identifier>[A-Za-z_][A-Za-z0-9_]*)/,
    /(?<number>[0-9](?:[A-Za-z0-9_]|\.[0-9])*)/,
    /(?<text>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')/,
    /(?<symbol>==|!=|<=|>=|&&|\|\||[<>!()[\].,=-])/,
    /(?<other>[^])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "uy",
);

/** Cuts the text of a guard into tokens; the last one is `end`. It never fails: text that is no token is a `stray`. */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.length) {
    const column = tokenPattern.lastIndex + 1;
    const groups = tokenPattern.exec(text)?.groups ?? {};
    const token = toToken(groups, column);
    if (token !== undefined) tokens.push(token);
  }
  tokens.push({ kind: "end", text: "", column: text.length + 1 });
  return tokens;
}

function toToken(groups: Readonly<Record<string, string | undefined>>, column: number): Token | undefined {
  const { identifier, number, text, symbol, other } = groups;
  if (identifier !== undefined) return { kind: "identifier", text: identifier, column };
  if (number !== undefined) return toNumber(number, column);
  if (text !== undefined) return toText(text, column);
  if (symbol !== undefined) return { kind: "symbol", text: symbol, column };
  if (other === undefined) return undefined;
  const reason = other === '"' || other === "'" ? "a text without its closing quote" : "a character guards do not know";
  return { kind: "stray", text: other, reason, column };
}

function toNumber(text: string, column: number): Token {
  // `007` is 7 in CEL and an error elsewhere. Each number has one spelling here.
  const isInteger = /^(?:0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(Number(text));
  return isInteger
    ? { kind: "integer", text, column }
    : { kind: "stray", text, reason: "a number that is no plain whole number below 2^53", column };
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\", "'": "'", '"': '"', n: "\n", r: "\r", t: "\t" };

function toText(text: string, column: number): Token {
  let isKnown = true;
  const value = text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_escape, hex?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      const character = letter !== undefined && Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
      if (character === undefined) isKnown = false;
      return character ?? "";
    });
  // CEL refuses `\ud800` even as half of a pair, because its escapes name code points.
  if (!isKnown || !value.isWellFormed() || /\\u[dD][89abAB]/.test(text.replaceAll("\\\\", ""))) {
    return {
      kind: "stray",
      text,
      reason: "a text with an escape other than `\\\\ \\' \\\" \\n \\r \\t \\uXXXX`",
      column,
    };
  }
  return { kind: "text", text, value, column };
}
