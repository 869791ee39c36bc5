import { isUnseenCharacter } from "./escapes.ts";
import type { Layer } from "./layer-writer.ts";
import { firstLayer, layersIn, placeOf, squeeze } from "./layers.ts";
import { SpelledSearch, type Wanted } from "./spellings.ts";

/** A shorter secret occurs in ordinary text by chance, and protects nothing. */
export const secretCharsMin = 6;

/** A part of a text, by code units. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/**
 * Looks for secrets in a text, in the texts that are encoded in it, and there in every spelling of their characters, in
 * hexadecimal, in decimal and in Base64.
 */
export class SecretSearch {
  /** Secrets as they were given, and what the digits of a number have to be to repeat one. */
  readonly secrets: readonly string[];
  /** Forms that are looked for where blanks and what nobody sees were left out. */
  readonly #squeezed: SpelledSearch;
  /** Secrets that would be too short without their blanks. */
  readonly #exact: SpelledSearch | null;

  constructor(secrets: readonly string[]) {
    this.secrets = [...new Set(secrets)].filter((secret) => secret.length >= secretCharsMin);
    const isShort = (secret: string): boolean => seenCount(secret) < secretCharsMin;
    const short = this.secrets.filter(isShort);
    this.#squeezed = new SpelledSearch(this.secrets.flatMap((secret) => formsOf(secret, !isShort(secret))));
    this.#exact = short.length === 0 ? null : new SpelledSearch(short.map(exactly));
  }

  /**
   * The parts of a text that repeat a secret, from left to right, without overlaps.
   *
   * @param cutMin - finds a beginning of at least so many characters at the end of the text too; `null` finds none
   * @returns `null` where the search would take too long: texts made for that purpose
   *
   * Cost: O(text), for the text and at most twelve texts in it that are no longer than it.
   */
  find(text: string, cutMin: number | null): readonly Part[] | null {
    if (this.secrets.length === 0 || text.length < secretCharsMin) return [];
    const parts: Part[] = [];
    const first = firstLayer(text);
    const squeezed = squeeze(first);
    const own = this.#findIn({ layer: first, squeezed }, cutMin, text.length);
    if (own === null) return null;
    parts.push(...own);
    // One after the other: all of them at once take many times the room of the text.
    for (const layer of layersIn(first, squeezed)) {
      const inside = { layer, squeezed: squeeze(layer) };
      const found = this.#findIn(inside, layer.reachesEnd ? cutMin : null, text.length);
      if (found === null) return null;
      parts.push(...found);
    }
    return merged(parts);
  }

  #findIn(
    { layer, squeezed }: { readonly layer: Layer; readonly squeezed: Layer },
    cutMin: number | null,
    end: number,
  ): readonly Part[] | null {
    const parts: Part[] = [];
    const searches: (readonly [SpelledSearch, Layer])[] = [[this.#squeezed, squeezed]];
    if (this.#exact !== null) searches.push([this.#exact, layer]);
    for (const [search, searched] of searches) {
      const found = search.find(searched.text, cutMin);
      if (found === null) return null;
      for (const { from, to, isWhole } of found) {
        const place = placeOf(searched, from, to);
        parts.push(isWhole ? place : { from: place.from, to: end });
      }
    }
    return parts;
  }
}

function merged(parts: readonly Part[]): readonly Part[] {
  const kept: { from: number; to: number }[] = [];
  for (const { from, to } of [...parts].sort((left, right) => left.from - right.from)) {
    const last = kept.at(-1);
    if (last !== undefined && from < last.to) last.to = Math.max(last.to, to);
    else kept.push({ from, to });
  }
  return kept;
}

/** What is looked for: the secret, and its bytes in hexadecimal, in decimal and in Base64. */
function formsOf(secret: string, isLong: boolean): readonly Wanted[] {
  const bytes = Buffer.from(secret);
  const codePoints = [...secret].map((character) => character.codePointAt(0) ?? 0);
  const hex = [...bytes.toString("hex")].map((digit) => ({ choices: [...new Set([digit, digit.toUpperCase()])] }));
  return [
    ...(isLong ? [squeezed(secret)] : []),
    { elements: hex, isSeparable: true },
    inDecimal([...bytes]),
    ...(codePoints.length === bytes.length ? [] : [inDecimal(codePoints)]),
    ...[0, 1, 2].map((offset) => base64Core(bytes, offset)),
  ];
}

function exactly(secret: string): Wanted {
  return { elements: [...secret].map((character) => ({ choices: [character] })) };
}

/** A form writes a blank as `+`, a word of a header as `_`, and a shell puts a backslash before it. */
const blankSigns = ["+", "_", "\\"];

/** A secret whose blanks are gone, or spelled as something that can be seen. */
function squeezed(secret: string): Wanted {
  const elements = [...secret].map((character) =>
    isUnseenCharacter(character)
      ? { choices: [character, ...blankSigns], isOptional: true }
      : { choices: [character], isOptional: false },
  );
  const from = elements.findIndex(({ isOptional }) => !isOptional);
  return { elements: elements.slice(from, elements.findLastIndex(({ isOptional }) => !isOptional) + 1) };
}

function seenCount(secret: string): number {
  return [...secret].filter((character) => !isUnseenCharacter(character)).length;
}

/** Numbers with a comma between them, or with a blank, which is gone. */
function inDecimal(numbers: readonly number[]): Wanted {
  const between = { choices: [",", ";"], isOptional: true };
  return {
    elements: numbers.flatMap((number, index) => [
      ...(index === 0 ? [] : [between]),
      ...[...String(number)].map((digit) => ({ choices: [digit], isOptional: false })),
    ]),
  };
}

/** The characters of a Base64 text that depend on the secret alone, if `offset` other bytes come before it. */
function base64Core(bytes: Buffer, offset: number): Wanted {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString("base64")
    .replaceAll("=", "");
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  const otherOf: Readonly<Record<string, string>> = { "+": "-", "/": "_" };
  return {
    elements: [...encoded.slice(from, to)].map((character) => ({
      choices: [character, otherOf[character] ?? []].flat(),
    })),
  };
}
