import { fromBase64, fromHex, fromNumbers } from "./byte-rows.ts";
import {
  afterBackslashes,
  ampersand,
  backslash,
  entityNames,
  equalsSign,
  hexAt,
  isPunctuation,
  isUnseen,
  isUnseenPair,
  openBackslash,
  openEquals,
  percentSign,
  shortEscapes,
} from "./escapes.ts";
import { type Layer, LayerWriter } from "./layer-writer.ts";

/*
 * Texts inside a text: what stands there once one encoding is taken off. Each of them knows where in the first text
 * each of its characters stands, so what is found in it can be taken out of the first one. Each decoder goes through
 * its text once, without a regular expression that could go back.
 */

/** A text as it came. */
export function firstLayer(text: string): Layer {
  return { text, reachesEnd: true, places: null };
}

/** Where a part of a layer stands in the first text. */
export function placeOf({ places }: Layer, from: number, to: number): { readonly from: number; readonly to: number } {
  if (places === null) return { from, to };
  return { from: places.from[from] ?? from, to: places.to[to - 1] ?? to };
}

/**
 * Every text that is inside this one under one encoding. A text without a trace of an encoding has none.
 *
 * @param squeezed - the same text without blanks
 */
export function* layersIn(layer: Layer, squeezed: Layer): Generator<Layer, void> {
  const decoders: readonly (() => Layer | null)[] = [
    () => takeOff(layer, percentSign, readPercent),
    () => takeOff(layer, backslash, readBackslash),
    // What was escaped more than once, and what is a backslash and then a number, look the same.
    () => (layer.text.includes("\\\\") ? takeOff(layer, backslash, readBackslashes) : null),
    () => takeOff(layer, ampersand, readEntity),
    () => takeOff(layer, equalsSign, readQuotedPrintable),
    () => fromNumbers(layer),
    ...[0, 1].map((phase) => () => fromHex(squeezed, phase)),
    ...[0, 1, 2, 3].map((phase) => () => fromBase64(squeezed, phase)),
  ];
  for (const decode of decoders) {
    const found = decode();
    if (found !== null) yield found;
  }
}

/** The same text without blanks and without anything that nobody sees. */
export function squeeze(layer: Layer): Layer {
  const { text } = layer;
  if (!hasUnseen(text)) return layer;
  const made = new LayerWriter(layer, text.length);
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (isUnseen(unit)) at += 1;
    else if (isUnseenPair(unit)) at += 2;
    else {
      const isOpen = (unit === equalsSign || unit === backslash) && endsLine(text, at + 1);
      made.write(isOpen ? (unit === equalsSign ? openEquals : openBackslash) : unit, at, at + 1);
      at += 1;
    }
  }
  return made.finish(layer.reachesEnd);
}

function hasUnseen(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (isUnseen(unit) || isUnseenPair(unit)) return true;
  }
  return false;
}

/** Blanks that are looked at behind a sign at the end of a line. */
const trailingMax = 16;

function endsLine(text: string, place: number): boolean {
  for (let at = place; at < place + trailingMax && isUnseen(text.charCodeAt(at)); at += 1)
    if (text.charCodeAt(at) === 0x0a || text.charCodeAt(at) === 0x0d) return true;
  return false;
}

/** What an escape stands for, and where it ends. `null` stands for nothing at all. */
interface Escape {
  readonly value: number | null;
  /** Whether the value is one byte of UTF-8 and not a code point. */
  readonly isByte: boolean;
  readonly to: number;
}

/** Replaces every escape of one family, once. */
function takeOff(layer: Layer, sign: number, read: (text: string, place: number) => Escape | null): Layer | null {
  const { text } = layer;
  const character = String.fromCharCode(sign);
  let next = text.indexOf(character);
  if (next === -1) return null;
  const made = new LayerWriter(layer, text.length);
  let isChanged = false;
  for (let at = 0; at < text.length; ) {
    if (at < next) {
      made.write(text.charCodeAt(at), at, at + 1);
      at += 1;
      continue;
    }
    const found = read(text, at);
    if (found === null) made.write(text.charCodeAt(at), at, at + 1);
    else {
      isChanged = true;
      if (found.value !== null) made.writeDecoded(found.value, found.isByte, { from: at, to: found.to });
    }
    at = found?.to ?? at + 1;
    next = text.indexOf(character, at);
    if (next === -1) next = text.length;
  }
  return isChanged ? made.finish(layer.reachesEnd) : null;
}

function readPercent(text: string, place: number): Escape | null {
  const byte = hexAt(text, place + 1, 2);
  if (byte !== null) return { value: byte, isByte: true, to: place + 3 };
  const isUnit = text[place + 1] === "u" || text[place + 1] === "U";
  const value = isUnit ? hexAt(text, place + 2, 4) : null;
  return value === null ? null : { value, isByte: false, to: place + 6 };
}

const longEscapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const characterOf: ReadonlyMap<string, number> = new Map(
  Object.entries(shortEscapes).map(([character, sign]) => [sign, character.charCodeAt(0)]),
);

function readBackslash(text: string, place: number): Escape | null {
  return readNumber(text, place + 1) ?? readShort(text, place + 1);
}

/** A number counts behind any row of backslashes, because each level of escaping doubles them. */
function readBackslashes(text: string, place: number): Escape | null {
  return readNumber(text, afterBackslashes(text, place)) ?? readShort(text, place + 1);
}

/** `x41`, `u0041`, `u{41}`, `U00000041` or `101`. */
function readNumber(text: string, place: number): Escape | null {
  const sign = text[place] ?? "";
  if (isOctal(text.charCodeAt(place))) return readOctal(text, place);
  const length = longEscapes[sign];
  if (length === undefined) return null;
  if (text[place + 1] === "{") return readBraces(text, place + 2);
  const value = hexAt(text, place + 1, length);
  return value === null || value > 0x10ffff ? null : { value, isByte: sign === "x", to: place + 1 + length };
}

function readShort(text: string, place: number): Escape | null {
  const unit = text.charCodeAt(place);
  if (unit === 0x0a || unit === 0x0d) return { value: null, isByte: false, to: place + 1 };
  const value = unit === backslash || isPunctuation(unit) ? unit : characterOf.get(text[place] ?? "");
  return value === undefined ? null : { value, isByte: false, to: place + 1 };
}

function isOctal(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x37;
}

function readBraces(text: string, place: number): Escape | null {
  const end = text.slice(place, place + 9).indexOf("}");
  const value = end < 1 ? null : hexAt(text, place, end);
  return value === null || value > 0x10ffff ? null : { value, isByte: false, to: place + end + 1 };
}

function readOctal(text: string, place: number): Escape | null {
  let [value, at] = [0, place];
  for (; at < place + 3; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!isOctal(text.charCodeAt(at)) || value * 8 + digit > 0xff) break;
    value = value * 8 + digit;
  }
  return { value, isByte: true, to: at };
}

const entityMax = 24;
const entityValues: ReadonlyMap<string, number> = new Map(
  Object.entries(entityNames).flatMap(([character, names]) =>
    names.map((name) => [name, character.charCodeAt(0)] as const),
  ),
);

function readEntity(text: string, place: number): Escape | null {
  const found = /^&(?:#[xX]([0-9A-Fa-f]{1,8})|#([0-9]{1,10})|([A-Za-z]{2,20}));?/.exec(
    text.slice(place, place + entityMax),
  );
  if (found === null) return null;
  const [whole, hex, decimal, name = ""] = found;
  const digits = hex ?? decimal;
  const value = digits === undefined ? entityValues.get(name) : Number.parseInt(digits, hex === undefined ? 10 : 16);
  return value === undefined || value > 0x10ffff ? null : { value, isByte: false, to: place + whole.length };
}

function readQuotedPrintable(text: string, place: number): Escape | null {
  const byte = hexAt(text, place + 1, 2);
  if (byte !== null) return { value: byte, isByte: true, to: place + 3 };
  let at = place + 1;
  while (at < place + trailingMax && (text[at] === " " || text[at] === "\t")) at += 1;
  if (text[at] === "\r") at += 1;
  return text[at] === "\n" ? { value: null, isByte: false, to: at + 1 } : null;
}
