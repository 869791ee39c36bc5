/*
 * Finds a text in whatever mixture of spellings it travels: each of its characters may stand as it is, percent-encoded,
 * or escaped as in JSON, JavaScript, Python or HTML, also more than once. A regular expression over so many choices
 * could take time without a bound, and a target that knows the secret chooses what we search. So all choices are
 * followed side by side, one character at a time, and what is spent is counted.
 */

/** A text to find: what each of its characters may be, in order. Where two stand, either counts: `+` or `-`. */
export type Wanted = readonly (readonly string[])[];

/** A place in a text. `isWhole` is false for a beginning that the end of the text cuts off. */
export interface Found {
  readonly from: number;
  readonly to: number;
  readonly isWhole: boolean;
}

/** Steps for each character of the text, on average. Ordinary texts take less than two. */
const stepsPerCharacter = 8;
const stepsMin = 100_000;
const percentSign = 0x25;
const ampersand = 0x26;
const plusSign = 0x2b;
const backslash = 0x5c;

/** How many times an escape may be escaped again. */
const backslashesMax = 64;

/**
 * Every place where the text has what is wanted, from left to right.
 *
 * @param cutMin - finds a beginning of at least so many characters at the end of the text too; `null` finds none
 * @returns `null` where the search would take too long: texts made for that purpose
 *
 * Cost: O(text), with a bound that does not depend on what is wanted.
 */
export function findSpelled(text: string, wanted: Wanted, cutMin: number | null): readonly Found[] | null {
  const compiled = wanted.map((characters) => characters.map(compile));
  const [first = []] = compiled;
  const starts = startsOf(first);
  const isBackslash = first.some(({ codePoint }) => codePoint === backslash);
  const found: Found[] = [];
  const ends: number[] = [];
  let left = text.length * stepsPerCharacter + stepsMin;
  for (let at = 0; ; ) {
    starts.lastIndex = at;
    if (!starts.test(text)) return found;
    at = starts.lastIndex - 1;
    // An escape takes all backslashes of a row, so only the first one can begin it.
    const isInRow =
      at > 0 && !isBackslash && text.charCodeAt(at) === backslash && text.charCodeAt(at - 1) === backslash;
    ends.length = 0;
    if (!isInRow) for (const character of first) addEnds(ends, text, at, character);
    if (ends.length === 0) {
      at += 1;
      continue;
    }
    const tried = follow(text, at, compiled);
    left -= tried.stepCount;
    if (left < 0) return null;
    const isCut = cutMin !== null && tried.cutCount >= cutMin;
    if (tried.to !== null) found.push({ from: at, to: tried.to, isWhole: true });
    else if (isCut) found.push({ from: at, to: text.length, isWhole: false });
    at = tried.to ?? (isCut ? text.length : at + 1);
  }
}

/** Finds the next character that can begin a spelling of one of these. */
function startsOf(characters: readonly Character[]): RegExp {
  const units = characters.map(({ text }) => `\\u${text.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return new RegExp(`[%\\\\&+${units.join("")}]`, "g");
}

/** A character with what its spellings are made of. */
interface Character {
  readonly text: string;
  readonly codePoint: number;
  /** In UTF-8. */
  readonly bytes: readonly number[];
}

function compile(text: string): Character {
  return { text, codePoint: text.codePointAt(0) ?? 0, bytes: [...Buffer.from(text)] };
}

interface Tried {
  /** Where what is wanted ends, or `null`. */
  readonly to: number | null;
  /** How many of its characters stood there when the text ended. */
  readonly cutCount: number;
  readonly stepCount: number;
}

function follow(text: string, from: number, wanted: readonly (readonly Character[])[]): Tried {
  let places = [from];
  let stepCount = 0;
  for (const [count, characters] of wanted.entries()) {
    const next: number[] = [];
    for (const place of places) {
      stepCount += text.charCodeAt(place) === backslash ? 1 + afterBackslashes(text, place) - place : 1;
      for (const character of characters) addEnds(next, text, place, character);
    }
    const isStuck = next.length === 0;
    if (isStuck) return { to: null, cutCount: places.some((place) => endsInside(text, place)) ? count : 0, stepCount };
    places = next.length === 1 ? next : [...new Set(next)];
  }
  return { to: Math.max(...places), cutCount: 0, stepCount };
}

/** Whether the text ends here, or within an escape that begins here. */
function endsInside(text: string, place: number): boolean {
  if (place >= text.length) return true;
  return (
    text.length - place < 16 && /^(?:%[0-9A-Fa-f%]*|\\+[ux]?\{?[0-9A-Fa-f]*|&#?[0-9A-Za-z]*)$/.test(text.slice(place))
  );
}

/** Adds where a character ends that begins here, by each of its spellings that stands here. */
function addEnds(ends: number[], text: string, place: number, character: Character): void {
  if (text.startsWith(character.text, place)) ends.push(place + character.text.length);
  switch (text.charCodeAt(place)) {
    case percentSign:
      addEnd(ends, endOfBytes(text, place, character.bytes, endOfPercent));
      break;
    case backslash:
      addEscapes(ends, text, place, character);
      break;
    case ampersand:
      addEnd(ends, endOfEntity(text, place, character));
      break;
    case plusSign:
      if (character.text === " ") ends.push(place + 1);
      break;
    default:
  }
}

function addEnd(ends: number[], end: number | null): void {
  if (end !== null) ends.push(end);
}

type ReadByte = (text: string, place: number, byte: number) => number | null;

/** The end of a character whose UTF-8 bytes are spelled one by one. */
function endOfBytes(text: string, place: number, bytes: readonly number[], read: ReadByte): number | null {
  let at = place;
  for (const byte of bytes) {
    const end = read(text, at, byte);
    if (end === null) return null;
    at = end;
  }
  return at;
}

/** `%41`, and `%2541` where it was encoded twice. */
function endOfPercent(text: string, place: number, byte: number): number | null {
  if (text.charCodeAt(place) !== percentSign) return null;
  let at = place + 1;
  while (text.startsWith("25", at) && isHex(text, at + 2, 2)) at += 2;
  return hexAt(text, at, 2) === byte ? at + 2 : null;
}

/** `\x41` of a byte, with any number of backslashes. */
function endOfX(text: string, place: number, byte: number): number | null {
  const at = afterBackslashes(text, place);
  return at > place && text[at] === "x" && hexAt(text, at + 1, 2) === byte ? at + 3 : null;
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\f": "f",
  "\r": "r",
  '"': '"',
  "'": "'",
  "/": "/",
};

function addEscapes(ends: number[], text: string, place: number, character: Character): void {
  const after = afterBackslashes(text, place);
  const sign = text[after];
  // A backslash is doubled by each level of escaping.
  if (character.text === "\\") for (const count of [2, 4, 8]) if (after - place >= count) ends.push(place + count);
  const short = shortEscapes[character.text];
  if (short !== undefined && sign === short) ends.push(after + 1);
  if (sign === "x") {
    addEnd(ends, endOfBytes(text, place, character.bytes, endOfX));
    const { codePoint } = character;
    if (codePoint > 0x7f && hexAt(text, after + 1, 2) === codePoint) ends.push(after + 3);
  }
  if (sign === "u") addEnd(ends, endOfU(text, place, character));
}

/** `\u0041` of each UTF-16 unit, or `\u{41}`. */
function endOfU(text: string, place: number, character: Character): number | null {
  let at = place;
  for (let unit = 0; unit < character.text.length; unit += 1) {
    const after = afterBackslashes(text, at);
    if (after === at || text[after] !== "u") return null;
    if (text[after + 1] === "{") return endOfBraces(text, after + 2, character);
    if (hexAt(text, after + 1, 4) !== character.text.charCodeAt(unit)) return null;
    at = after + 5;
  }
  return at;
}

function endOfBraces(text: string, place: number, { codePoint }: Character): number | null {
  const digits = /^([0-9A-Fa-f]{1,6})\}/.exec(text.slice(place, place + 7))?.[1];
  return digits !== undefined && Number.parseInt(digits, 16) === codePoint ? place + digits.length + 1 : null;
}

const entities: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };

/** `&#65;`, `&#x41;` or a name, also with its `&` written as `&amp;`. */
function endOfEntity(text: string, place: number, character: Character): number | null {
  const second = text.charCodeAt(place + 1);
  if (second !== 0x23 && !(second >= 0x61 && second <= 0x7a)) return null;
  const [whole, hex, decimal, name] =
    /^&(?:amp;)*(?:#[xX]0*([0-9A-Fa-f]{1,6})|#0*([0-9]{1,7})|([a-z]{2,4}));/.exec(text.slice(place, place + 40)) ?? [];
  if (whole === undefined) return null;
  const isIt =
    name === undefined
      ? Number.parseInt(hex ?? decimal ?? "", hex === undefined ? 10 : 16) === character.codePoint
      : entities[character.text] === name;
  return isIt ? place + whole.length : null;
}

function afterBackslashes(text: string, place: number): number {
  let at = place;
  while (at - place < backslashesMax && text.charCodeAt(at) === backslash) at += 1;
  return at;
}

function isHex(text: string, place: number, length: number): boolean {
  return hexAt(text, place, length) !== null;
}

function hexAt(text: string, place: number, length: number): number | null {
  let value = 0;
  for (let at = place; at < place + length; at += 1) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit === null) return null;
    value = value * 16 + digit;
  }
  return value;
}

/** The value of a hexadecimal digit by its code unit, or `null`. */
function hexDigit(unit: number): number | null {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : null;
}
