import { isExactNumber } from "../value/json-number.ts";

/** A piece of a guard's text. `column` counts from 1. */
export type Token =
  | { readonly kind: "identifier"; readonly text: string; readonly column: number }
  | { readonly kind: "number"; readonly text: string; readonly column: number }
  | { readonly kind: "text"; readonly text: string; readonly value: string; readonly column: number }
  | { readonly kind: "symbol"; readonly text: string; readonly column: number }
  /** Text that is no token. Reading goes on after it, so that a named refusal further on is still found. */
  | { readonly kind: "stray"; readonly text: string; readonly reason: string; readonly column: number }
  | { readonly kind: "end"; readonly text: ""; readonly column: number };

// Each is sticky: it matches at its `lastIndex` or not at all. A number takes all letters and points that touch it:
// `1.5.0`, `0x10` and `1u` are each one stray and never two tokens.
const spacePattern = /[ \t\r\n\f]+/uy;
const identifierPattern = /[A-Za-z_][A-Za-z0-9_]*/uy;
const numberPattern = /[0-9](?:[A-Za-z0-9_]|\.[0-9])*/uy;
const textPattern = /"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'/uy;
const symbolPattern = /==|!=|<=|>=|&&|\|\||[<>!()[\].,=-]/uy;

/** Cuts the text of a guard into tokens; the last one is `end`. It never fails: text that is no token is a `stray`. */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let place = 0; place < text.length; ) {
    const spaceEnd = endOf(spacePattern, text, place);
    if (spaceEnd > place) {
      place = spaceEnd;
      continue;
    }
    const token = readToken(text, place);
    tokens.push(token);
    place += token.text.length;
  }
  tokens.push({ kind: "end", text: "", column: text.length + 1 });
  return tokens;
}

// One pattern after another, because this runs for each guard of a plan that starts, and an alternation with named
// groups makes an object for each token.
function readToken(text: string, place: number): Token {
  const column = place + 1;
  const identifierEnd = endOf(identifierPattern, text, place);
  if (identifierEnd > place) return { kind: "identifier", text: text.slice(place, identifierEnd), column };
  const symbolEnd = endOf(symbolPattern, text, place);
  if (symbolEnd > place) return { kind: "symbol", text: text.slice(place, symbolEnd), column };
  const numberEnd = endOf(numberPattern, text, place);
  if (numberEnd > place) return toNumber(text.slice(place, numberEnd), column);
  const textEnd = endOf(textPattern, text, place);
  if (textEnd > place) return toText(text.slice(place, textEnd), column);
  // A whole code point, so that no character is cut in half.
  const other = String.fromCodePoint(text.codePointAt(place) ?? 0);
  const reason = other === '"' || other === "'" ? "a text without its closing quote" : "a character guards do not know";
  return { kind: "stray", text: other, reason, column };
}

/** Where the match at a place ends; the place itself if there is none. */
function endOf(pattern: RegExp, text: string, place: number): number {
  pattern.lastIndex = place;
  return pattern.test(text) ? pattern.lastIndex : place;
}

function toNumber(text: string, column: number): Token {
  // `007` is 7 in CEL and an error elsewhere. What a double does not hold exactly would not mean what it says.
  const isPlain = /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/.test(text) && isExactNumber(text, Number(text));
  return isPlain
    ? { kind: "number", text, column }
    : { kind: "stray", text, reason: "a number that is neither a whole number below 2^53 nor a plain decimal", column };
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
