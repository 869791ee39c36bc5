import { backslash, hexDigit, isUnseen } from "./escapes.ts";
import { type Layer, LayerWriter } from "./layer-writer.ts";

/*
 * Bytes that a text writes down in rows: in decimal, in hexadecimal, in Base64.
 */

/** Shorter rows of numbers, digits and letters hold no secret that is long enough to be looked for. */
const byteCountMin = 6;
/** Stands between two rows that have nothing to do with each other. */
const gap = 0xffff;

/** Bytes in decimal, as in `[115, 51]`. */
export function fromNumbers(layer: Layer): Layer | null {
  const { text } = layer;
  const made = new LayerWriter(layer, text.length);
  let row: (readonly [byte: number, from: number, to: number])[] = [];
  let isEmpty = true;
  const flush = (): void => {
    if (row.length >= byteCountMin) {
      for (const [byte, from, to] of row) made.writeDecoded(byte, true, { from, to });
      made.write(gap, row[0]?.[1] ?? 0, row.at(-1)?.[2] ?? 0);
      isEmpty = false;
    }
    row = [];
  };
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x30 && unit <= 0x39) {
      const from = at;
      let value = 0;
      for (; at < text.length && isDigit(text.charCodeAt(at)); at += 1)
        value = Math.min(value * 10 + text.charCodeAt(at) - 0x30, 0x100);
      if (value > 0xff) flush();
      else row.push([value, from, at]);
    } else {
      // What stands between two numbers of a list.
      if (unit !== 0x2c && unit !== 0x3b && !isUnseen(unit)) flush();
      at += 1;
    }
  }
  flush();
  return isEmpty ? null : made.finish(false);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** What may stand between two bytes in hexadecimal: a colon, a comma, `0x`, … */
const hexSeparators = new Set([...":;,._|/\"'-\\{}[]()"].map((character) => character.charCodeAt(0)));
const separatorsMax = 8;

/** Bytes in hexadecimal, also with something between them. `phase` digits of each row are left out. */
export function fromHex(squeezed: Layer, phase: number): Layer | null {
  const { text } = squeezed;
  const made = new LayerWriter(squeezed, text.length);
  let row: number[] = [];
  let isEmpty = true;
  let betweenCount = 0;
  const flush = (): void => {
    if (row.length >= 2 * byteCountMin) {
      isEmpty = false;
      for (let digit = phase; digit + 1 < row.length; digit += 2) {
        const [high = 0, low = 0] = [row[digit], row[digit + 1]];
        const byte = (hexDigit(text.charCodeAt(high)) ?? 0) * 16 + (hexDigit(text.charCodeAt(low)) ?? 0);
        made.writeDecoded(byte, true, { from: high, to: low + 1 });
      }
      made.write(gap, row[0] ?? 0, (row.at(-1) ?? 0) + 1);
    }
    row = [];
  };
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const isPrefix = (unit === 0x30 || unit === backslash) && (text.charCodeAt(at + 1) | 0x20) === 0x78;
    if (isPrefix) at += 1;
    else if (hexDigit(unit) !== null) {
      row.push(at);
      betweenCount = 0;
    } else {
      betweenCount += 1;
      if (!hexSeparators.has(unit) || betweenCount > separatorsMax) flush();
    }
  }
  flush();
  return isEmpty ? null : made.finish(betweenCount === 0);
}

const sextets: Int8Array = (() => {
  const table = new Int8Array(0x10000).fill(-1);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (const [value, character] of [...alphabet].entries()) table[character.charCodeAt(0)] = value;
  for (const [character, value] of Object.entries({ "+": 62, "-": 62, "/": 63, _: 63 }))
    table[character.charCodeAt(0)] = value;
  return table;
})();

/** Base64 in both alphabets, also broken into lines. `phase` characters of each row are left out. */
export function fromBase64(squeezed: Layer, phase: number): Layer | null {
  const { text } = squeezed;
  const made = new LayerWriter(squeezed, text.length);
  let isEmpty = true;
  let reachesEnd = false;
  for (let from = 0; from < text.length; ) {
    let to = from;
    while (to < text.length && sextetAt(text, to) >= 0) to += 1;
    if (to - from >= (byteCountMin * 4) / 3) {
      isEmpty = false;
      reachesEnd = to === text.length;
      for (let at = from + phase; at + 1 < to; at += 4) writeSextets(made, text, at, to);
      made.write(gap, from, to);
    }
    from = to + 1;
  }
  return isEmpty ? null : made.finish(reachesEnd);
}

function sextetAt(text: string, at: number): number {
  return sextets[text.charCodeAt(at)] ?? -1;
}

function writeSextets(made: LayerWriter, text: string, at: number, to: number): void {
  const bits =
    (sextetAt(text, at) << 18) |
    (sextetAt(text, at + 1) << 12) |
    ((at + 2 < to ? sextetAt(text, at + 2) : 0) << 6) |
    (at + 3 < to ? sextetAt(text, at + 3) : 0);
  made.writeByte(bits >> 16, at, at + 2);
  if (at + 2 < to) made.writeByte((bits >> 8) & 0xff, at + 1, at + 3);
  if (at + 3 < to) made.writeByte(bits & 0xff, at + 2, at + 4);
}
