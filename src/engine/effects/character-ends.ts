import {
  afterBackslashes,
  ampersand,
  backslash,
  entityNames,
  equalsSign,
  hexAt,
  hexDigit,
  isOpen,
  isPunctuation,
  nestingMax,
  openBackslash,
  openEquals,
  percentSign,
  shortEscapes,
} from "./escapes.ts";

/** A character with what its spellings are made of. */
export interface Character {
  readonly text: string;
  readonly codePoint: number;
  /** In UTF-8. */
  readonly bytes: readonly number[];
}

/** Takes a character apart. */
export function toCharacter(text: string): Character {
  const codePoint = text.codePointAt(0) ?? 0;
  // A buffer for each character took most of the time that a search needs to begin.
  return { text, codePoint, bytes: codePoint < 0x80 ? [codePoint] : [...Buffer.from(text)] };
}

/** Adds where a character ends that begins here, by each of its spellings that stands here. */
export function addEnds(ends: number[], text: string, place: number, character: Character): void {
  if (text.startsWith(character.text, place)) ends.push(place + character.text.length);
  switch (text.charCodeAt(place)) {
    case percentSign:
      addByteEnds(ends, text, place, { character, sign: "%", again: "25" });
      addUnits(ends, text, place, character, percentUnit);
      break;
    case equalsSign:
      addByteEnds(ends, text, place, { character, sign: "=", again: "3D" });
      break;
    case openEquals:
      if (character.text === "=") ends.push(place + 1);
      break;
    case openBackslash:
      if (character.text === "\\") ends.push(place + 1);
      break;
    case backslash:
      addEscapes(ends, text, place, character);
      break;
    case ampersand:
      addEntities(ends, text, place, character);
      break;
    default:
  }
}

/** `%41`, and `%2541` where it was encoded twice; `=41` likewise. A character of several bytes has one end at most. */
function addByteEnds(
  ends: number[],
  text: string,
  place: number,
  how: { readonly character: Character; readonly sign: string; readonly again: string },
): void {
  const { character, sign, again } = how;
  const [first = 0, ...rest] = character.bytes;
  let at = place + 1;
  for (let count = 0; count < nestingMax; count += 1) {
    if (hexAt(text, at, 2) === first) {
      const end = endOfBytes(text, at + 2, rest, (from, byte) => {
        if (text[from] !== sign) return null;
        let digits = from + 1;
        while (text.startsWith(again, digits) && hexAt(text, digits + 2, 2) !== null) digits += 2;
        return hexAt(text, digits, 2) === byte ? digits + 2 : null;
      });
      if (end !== null) ends.push(end);
    }
    if (!isAgain(text, at, again)) return;
    at += 2;
  }
}

function isAgain(text: string, at: number, again: string): boolean {
  return text.startsWith(again, at) || text.startsWith(again.toLowerCase(), at);
}

/** The end of the bytes of a character that are spelled one by one. */
function endOfBytes(
  text: string,
  place: number,
  bytes: readonly number[],
  read: (place: number, byte: number) => number | null,
): number | null {
  let at = place;
  for (const byte of bytes) {
    const end = read(afterOpen(text, at), byte);
    if (end === null) return null;
    at = end;
  }
  return at;
}

/** What may be nothing may also stand within a character. */
function afterOpen(text: string, place: number): number {
  return isOpen(text.charCodeAt(place)) ? place + 1 : place;
}

type ReadUnit = (text: string, place: number, unit: number) => number | null;

/** Adds the end of a character whose UTF-16 units are spelled one by one. */
function addUnits(ends: number[], text: string, place: number, character: Character, read: ReadUnit): void {
  let at = place;
  for (let index = 0; index < character.text.length; index += 1) {
    const end = read(text, index === 0 ? at : afterOpen(text, at), character.text.charCodeAt(index));
    if (end === null) return;
    at = end;
  }
  ends.push(at);
}

/** `%u0041`. */
function percentUnit(text: string, place: number, unit: number): number | null {
  const isIt = text[place] === "%" && (text.charCodeAt(place + 1) | 0x20) === 0x75;
  return isIt && hexAt(text, place + 2, 4) === unit ? place + 6 : null;
}

/** `\u0041`, with any number of backslashes. */
function backslashUnit(text: string, place: number, unit: number): number | null {
  const at = afterBackslashes(text, place);
  return at > place && text[at] === "u" && hexAt(text, at + 1, 4) === unit ? at + 5 : null;
}

function addEscapes(ends: number[], text: string, place: number, character: Character): void {
  const after = afterBackslashes(text, place);
  const sign = text[after] ?? "";
  const { codePoint, bytes } = character;
  // A backslash is doubled by each level of escaping.
  if (codePoint === backslash) for (const count of [2, 4, 8]) if (after - place >= count) ends.push(place + count);
  const isItself = isPunctuation(codePoint) && text.startsWith(character.text, after);
  if (isItself || (sign !== "" && shortEscapes[character.text] === sign))
    ends.push(after + (isItself ? character.text.length : 1));
  if (sign === "x") {
    addEnd(
      ends,
      endOfBytes(text, place, bytes, (at, byte) => endOfX(text, at, byte)),
    );
    if (codePoint > 0x7f && hexAt(text, after + 1, 2) === codePoint) ends.push(after + 3);
  }
  if (sign === "u") addUnits(ends, text, place, character, backslashUnit);
  if (sign === "U" && hexAt(text, after + 1, 8) === codePoint) ends.push(after + 9);
  if ((sign === "u" || sign === "x") && text[after + 1] === "{") addEnd(ends, endOfBraces(text, after + 2, codePoint));
  if (hexDigit(text.charCodeAt(after)) !== null) {
    addEnd(
      ends,
      endOfBytes(text, place, bytes, (at, byte) => endOfOctal(text, at, byte)),
    );
    addEnd(ends, endOfDigits(text, after, codePoint.toString(16), 6));
  }
}

function addEnd(ends: number[], end: number | null): void {
  if (end !== null) ends.push(end);
}

/** `\x41` of a byte, with any number of backslashes. */
function endOfX(text: string, place: number, byte: number): number | null {
  const at = afterBackslashes(text, place);
  return at > place && text[at] === "x" && hexAt(text, at + 1, 2) === byte ? at + 3 : null;
}

/** `\101` of a byte, with any number of backslashes. */
function endOfOctal(text: string, place: number, byte: number): number | null {
  const at = afterBackslashes(text, place);
  return at > place ? endOfDigits(text, at, byte.toString(8), 3) : null;
}

/** The end of a number with at most so many digits, zeros before it included. What follows it is not looked at. */
function endOfDigits(text: string, place: number, digits: string, digitsMax: number): number | null {
  let at = place;
  for (let zeros = 0; zeros <= digitsMax - digits.length; zeros += 1) {
    if (text.slice(at, at + digits.length).toLowerCase() === digits) return at + digits.length;
    if (text[at] !== "0") return null;
    at += 1;
  }
  return null;
}

function endOfBraces(text: string, place: number, codePoint: number): number | null {
  const end = endOfDigits(text, place, codePoint.toString(16), 8);
  return end !== null && text[end] === "}" ? end + 1 : null;
}

/** `&#65;`, `&#x41;` or a name, also without the semicolon, and with its `&` written as `&amp;`. */
function addEntities(ends: number[], text: string, place: number, { text: character, codePoint }: Character): void {
  let at = place + 1;
  for (let count = 0; count < nestingMax && text.startsWith("amp;", at); count += 1) at += 4;
  const add = (end: number | null): void => {
    if (end !== null) ends.push(text[end] === ";" ? end + 1 : end);
  };
  if (text[at] !== "#") {
    for (const name of entityNames[character] ?? []) if (text.startsWith(name, at)) add(at + name.length);
    // The name of `&` itself was taken for an escape of the sign.
    if (character === "&" && at > place + 1) add(at - 1);
    return;
  }
  const isHex = text[at + 1] === "x" || text[at + 1] === "X";
  add(isHex ? endOfDigits(text, at + 2, codePoint.toString(16), 8) : endOfDigits(text, at + 1, String(codePoint), 10));
}
