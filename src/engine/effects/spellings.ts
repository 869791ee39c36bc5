import { addEnds, type Character, toCharacter } from "./character-ends.ts";
import {
  afterBackslashes,
  ampersand,
  backslash,
  equalsSign,
  hexDigit,
  isOpen,
  nestingMax,
  openBackslash,
  openEquals,
  percentSign,
} from "./escapes.ts";

/*
 * Finds texts in whatever mixture of spellings they travel: each of their characters may stand as it is,
 * percent-encoded, or escaped as in JSON, JavaScript, Python, C, CSS, HTML or quoted-printable, also more than once. A
 * regular expression over so many choices could take time without a bound, and a target that knows the secret chooses
 * what we search. So all choices are followed side by side, one character at a time, and what is spent is counted.
 */

/** A text to find. */
export interface Wanted {
  /** What each of its characters may be, in order. Where two stand, either counts: `+` or `-`. */
  readonly elements: readonly { readonly choices: readonly string[]; readonly isOptional?: boolean }[];
  /** Whether a separator may stand behind each character, as in `73:33:63`. */
  readonly isSeparable?: boolean;
}

/** A place in a text. `isWhole` is false for a beginning that the end of the text cuts off. */
export interface Found {
  readonly from: number;
  readonly to: number;
  readonly isWhole: boolean;
}

/** Steps for each character of the text and each text that is wanted. Ordinary texts take less than two. */
const stepsPerCharacter = 8;
const stepsMin = 100_000;

/** Code units that begin an escape, or that may be nothing. */
const introducers: ReadonlySet<number> = new Set([
  percentSign,
  ampersand,
  equalsSign,
  backslash,
  openEquals,
  openBackslash,
]);

/** A text to find, taken apart once for all texts that it is looked for in. */
interface Compiled {
  readonly index: number;
  readonly elements: readonly Element[];
  readonly isSeparable: boolean;
  readonly startsWithBackslash: boolean;
  /** What the second character may begin with, by its code unit; `null` where it is not that simple. */
  readonly second: UnitSet | null;
}

/** A set of code units. Those of ASCII are looked up in a table. */
interface UnitSet {
  readonly ascii: Uint8Array;
  readonly others: ReadonlySet<number>;
}

interface Element {
  readonly choices: readonly Character[];
  readonly isOptional: boolean;
}

/** Looks for several texts at once. */
export class SpelledSearch {
  readonly #all: readonly Compiled[];
  /** Which of them a code unit may begin; `all` for one that begins an escape. */
  readonly #byStart = new Map<number, Compiled[]>();
  readonly #isStart = new Uint8Array(0x10000);
  /** Used by one search at a time, which finds them empty. */
  readonly #stepCounts: Float64Array;
  readonly #nextAt: Int32Array;

  constructor(wanted: readonly Wanted[]) {
    this.#all = wanted.map(compile);
    this.#stepCounts = new Float64Array(wanted.length);
    this.#nextAt = new Int32Array(wanted.length);
    for (const one of this.#all)
      for (const unit of startsOf(one.elements[0])) this.#byStart.set(unit, [...(this.#byStart.get(unit) ?? []), one]);
    for (const unit of this.#byStart.keys()) this.#isStart[unit] = 1;
    for (const unit of introducers) this.#isStart[unit] = 2;
  }

  /**
   * Every place where the text has something that is wanted. Places may overlap.
   *
   * @param cutMin - finds a beginning of at least so many characters at the end of the text too; `null` finds none
   * @returns `null` where the search would take too long: texts made for that purpose
   *
   * Cost: O(text) for each text that is wanted, with a bound that does not depend on what is wanted.
   */
  find(text: string, cutMin: number | null): readonly Found[] | null {
    const found: Found[] = [];
    const isStart = this.#isStart;
    const stepCounts = this.#stepCounts.fill(0);
    const nextAt = this.#nextAt.fill(0);
    const stepsMax = text.length * stepsPerCharacter + stepsMin;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const kind = isStart[unit];
      if (kind === 0) continue;
      // An escape takes all backslashes of a row, so only the first one can begin it.
      const isInRow = unit === backslash && at > 0 && text.charCodeAt(at - 1) === backslash;
      const candidates = kind === 2 && mayEscape(text, at, unit) ? this.#all : this.#byStart.get(unit);
      for (const one of candidates ?? []) {
        if (isInRow && !one.startsWithBackslash) continue;
        if (kind === 1 && one.second !== null && !this.#canFollow(one.second, text.charCodeAt(at + 1))) continue;
        if (kind === 2 && !canBegin(text, at, one)) continue;
        if (at < (nextAt[one.index] ?? 0)) continue;
        const tried = follow(text, at, one);
        const stepCount = (stepCounts[one.index] ?? 0) + tried.stepCount;
        if (stepCount > stepsMax) return null;
        stepCounts[one.index] = stepCount;
        const isCut = cutMin !== null && tried.cutCount >= cutMin;
        if (tried.to === null && !isCut) continue;
        const to = tried.to ?? text.length;
        nextAt[one.index] = to;
        found.push({ from: at, to, isWhole: tried.to !== null });
      }
    }
    return found;
  }

  /** Spares most of the places where only the first character stands. `NaN`: the text ends. */
  #canFollow({ ascii, others }: UnitSet, unit: number): boolean {
    if (unit < 0x80) return ascii[unit] === 1 || this.#isStart[unit] === 2;
    return Number.isNaN(unit) || this.#isStart[unit] === 2 || others.has(unit);
  }
}

/** Whether an escape may begin here, by what stands behind its sign. */
function mayEscape(text: string, place: number, sign: number): boolean {
  const next = text.charCodeAt(place + 1);
  switch (sign) {
    case percentSign:
      return hexDigit(next) !== null || (next | 0x20) === 0x75;
    case equalsSign:
      return hexDigit(next) !== null;
    case ampersand:
      return next === 0x23 || ((next | 0x20) >= 0x61 && (next | 0x20) <= 0x7a);
    case backslash:
      return true;
    default:
      return false;
  }
}

const ends: number[] = [];

/** Whether the first character stands here. Spares all that following it would take. */
function canBegin(text: string, place: number, { elements }: Compiled): boolean {
  ends.length = 0;
  for (const character of elements[0]?.choices ?? []) addEnds(ends, text, place, character);
  return ends.length > 0;
}

function compile({ elements, isSeparable = false }: Wanted, index: number): Compiled {
  const compiled = elements.map(({ choices, isOptional = false }) => ({
    choices: choices.map(toCharacter),
    isOptional,
  }));
  const [first, second] = compiled;
  const isPlain = !isSeparable && second !== undefined && !second.isOptional && (first?.choices ?? []).every(isOneUnit);
  return {
    index,
    elements: compiled,
    isSeparable,
    startsWithBackslash: firstUnits(first).includes(backslash),
    second: isPlain ? unitSet(firstUnits(second)) : null,
  };
}

function unitSet(units: readonly number[]): UnitSet {
  const ascii = new Uint8Array(0x80);
  for (const unit of units) if (unit < 0x80) ascii[unit] = 1;
  return { ascii, others: new Set(units) };
}

function firstUnits(element: Element | undefined): readonly number[] {
  return element?.choices.map(({ text }) => text.charCodeAt(0)) ?? [];
}

/** With the signs that may be nothing, where they may be themselves. */
function startsOf(element: Element | undefined): readonly number[] {
  const open = new Map([
    [equalsSign, openEquals],
    [backslash, openBackslash],
  ]);
  return firstUnits(element).flatMap((unit) => [unit, open.get(unit) ?? []].flat());
}

function isOneUnit({ text }: Character): boolean {
  return text.length === 1;
}

interface Tried {
  /** Where what is wanted ends, or `null`. */
  readonly to: number | null;
  /** How many of its characters stood there when the text ended. */
  readonly cutCount: number;
  readonly stepCount: number;
}

function follow(text: string, from: number, { elements, isSeparable }: Compiled): Tried {
  let places: readonly number[] = [from];
  let stepCount = 0;
  for (let count = 0; count < elements.length; count += 1) {
    const element = elements[count] ?? noElement;
    const [only = -1] = places;
    const end = places.length === 1 && !isSeparable ? plainEnd(text, only, element) : -1;
    if (end >= 0) {
      stepCount += 1;
      places = [end];
      continue;
    }
    const next: number[] = [];
    for (const place of places) {
      stepCount += text.charCodeAt(place) === backslash ? 1 + afterBackslashes(text, place) - place : 1;
      for (const character of element.choices) addEnds(next, text, place, character);
    }
    if (element.isOptional) next.push(...places);
    if (next.length === 0) {
      const isCut = places.some((place) => endsInside(text, place));
      return { to: null, cutCount: isCut ? count : 0, stepCount };
    }
    // What may be nothing is not taken along behind the last character.
    if (count < elements.length - 1) addSkipped(next, text, isSeparable);
    places = next.length === 1 ? next : [...new Set(next)];
  }
  return { to: Math.max(...places), cutCount: 0, stepCount };
}

const noElement: Element = { choices: [], isOptional: false };

/** The end of a character that stands here as it is, where nothing else can be meant; -1 where that is not so. */
function plainEnd(text: string, place: number, { choices, isOptional }: Element): number {
  if (isOptional || introducers.has(text.charCodeAt(place))) return -1;
  for (const { text: character } of choices) {
    const end = place + character.length;
    if (text.startsWith(character, place)) return isOpen(text.charCodeAt(end)) ? -1 : end;
  }
  return -1;
}

/** Adds where a separator ends that begins at one of these places. */
function addSkipped(places: number[], text: string, isSeparable: boolean): void {
  for (let index = 0; index < places.length && places.length < nestingMax; index += 1) {
    const place = places[index] ?? 0;
    const unit = text.charCodeAt(place);
    if (isOpen(unit)) places.push(place + 1);
    else if (isSeparable && separators.has(text[place] ?? "")) places.push(place + 1);
    else if (isSeparable && unit === 0x30 && (text.charCodeAt(place + 1) | 0x20) === 0x78) places.push(place + 2);
  }
}

const separators: ReadonlySet<string> = new Set(":;,._|/\"'-{}[]()");

/** Whether the text ends here, or within an escape that begins here. */
function endsInside(text: string, place: number): boolean {
  if (place >= text.length) return true;
  const rest = text.length - place < 16 ? text.slice(place) : "";
  return /^(?:%[0-9A-Fa-f%]*|=[0-9A-Fa-f]?|\\+(?:[uUx]?\{?[0-9A-Fa-f]*)|&#?[0-9A-Za-z]*)$/.test(rest);
}
