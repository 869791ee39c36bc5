import type { FactExtraction, FactType, FactValue, Observe } from "../../domain/domain.ts";
import { formatPath } from "../../guard/formula.ts";
import { type Digest, type DigestDomain, digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import { isJsonObject, type JsonValue } from "../../value/json-value.ts";
import { getAtPointer, parsePointer } from "../../value/pointer.ts";
import { sortedUnique } from "../../value/sorted-unique.ts";
import { quote } from "../../value/text.ts";
import { describeUnreadable, findUnreadable } from "../../value/unreadable.ts";
import type { Fact, ObjectRef } from "../plan.ts";
import { extractFact } from "./extract-fact.ts";

/** An object as it was just read. */
export interface ObservedObject {
  readonly object: ObjectRef;
  readonly fingerprint: Digest;
  /** What the target compares on a write; `null` if it cannot compare. */
  readonly fence: string | null;
  readonly facts: readonly ObservedFact[];
}

/** A fact as it was just read; `null` if the output did not show a value of its type. */
export interface ObservedFact {
  readonly name: Fact["name"];
  readonly value: FactValue | null;
  /**
   * What was found instead of a value of the type, and what was expected. Absent where the fact has a value, and where
   * the output shows nothing at all.
   */
  readonly why?: string;
}

/** What a declaration says an output shows of an object. */
export interface ObjectReading {
  readonly object: ObjectRef;
  readonly facts: readonly (FactExtraction & { readonly type: FactType })[];
  readonly fingerprint: Observe["fingerprint"];
  readonly fence: Observe["fence"];
}

/**
 * Reads an object out of the raw output of its observation. A fact whose value is missing or outside its type is
 * `null`: unknown, and never a default. What was found instead is told in `why`. The fingerprint covers the values at
 * the declared pointers, whether they are there or not.
 *
 * @param digestOf - a driver may bring a faster SHA-256
 * @param textsAt - pointers to the parts of the output whose format knows texts alone, such as an INI file. A text
 *   there is read by the fact's type: `8` as a whole number, `true` as a boolean
 */
export function readObject(
  reading: ObjectReading,
  output: JsonValue,
  digestOf: (domain: DigestDomain, value: JsonValue) => Digest = digest,
  textsAt: readonly string[] = [],
): ObservedObject {
  const { object, fingerprint, fence, facts } = reading;
  return {
    object,
    fingerprint: digestOf(
      "interlock.fingerprint/1",
      fingerprint.map((pointer) => [pointer, getAtPointer(output, tokensOf(pointer)) ?? null]),
    ),
    fence: fence === null ? null : asFence(getAtPointer(output, tokensOf(fence))),
    facts: facts.map((extraction) => {
      const { fact, pointer } = extraction;
      const tokens = tokensOf(pointer);
      const isTyped = textsAt.length === 0 || !textsAt.some((part) => pointer.startsWith(`${part}/`));
      const marker = findUnreadable(output, tokens);
      const { value, why } = extractFact(extraction, getAtPointer(output, tokens), { isTyped, marker });
      const name = factName(object, fact);
      return why === undefined ? { name, value } : { name, value, why };
    }),
  };
}

/**
 * Why an output is no observation of an object, or `null` if it is one:
 *
 * - No declared pointer leads to anything. Such an output says nothing about the object: it is the answer of something
 *   else.
 * - The fence or a part of the fingerprint was not kept as the target wrote it. Two of them could not be told apart.
 * - A fact lies in a body that could not be read at all.
 * - The output says that the object is not there (`exists: false`), and no fact says what that means. Its facts would
 *   all be unknown, and the object would look as if it had been read.
 */
export function findReadingFlaw(reading: ObjectReading, output: JsonValue): string | null {
  const { fingerprint, fence, facts } = reading;
  let isSeen = false;
  const look = (pointer: string, isIdentity: boolean): string | null => {
    const tokens = tokensOf(pointer);
    const marker = findUnreadable(output, tokens);
    if (marker !== null && (isIdentity || marker.kind === "document"))
      return `${quote(pointer)} leads to ${describeUnreadable(marker)}`;
    isSeen ||= marker !== null || getAtPointer(output, tokens) !== undefined;
    return null;
  };
  // Two outputs that differ in one of the identity are different objects.
  for (const pointer of fence === null ? fingerprint : [...fingerprint, fence]) {
    const flaw = look(pointer, true);
    if (flaw !== null) return flaw;
  }
  for (const { pointer } of facts) {
    const flaw = look(pointer, false);
    if (flaw !== null) return flaw;
  }
  const declaresNothing = fence === null && fingerprint.length === 0 && facts.length === 0;
  if (!isSeen && !declaresNothing) return describeUnseen(reading);
  const isToldMissing = facts.length === 0 || facts.some(({ pointer }) => pointer === existsPointer);
  return saysMissing(output) && !isToldMissing ? missing : null;
}

function describeUnseen({ fingerprint, fence, facts }: ObjectReading): string {
  const declared = sortedUnique([
    ...facts.map(({ pointer }) => pointer),
    ...fingerprint,
    ...(fence === null ? [] : [fence]),
  ]);
  const shown = declared.slice(0, pointersShownMax).map(quote).join(", ");
  return `the answer holds nothing at ${shown}${declared.length > pointersShownMax ? ", …" : ""}`;
}

/** Where an output says whether its object is there. Connectors that can read a missing object use this name. */
const existsPointer = "/exists";

const missing = `it is not there, and the domain does not say what that means: a fact at ${quote(existsPointer)} would`;

function saysMissing(output: JsonValue): boolean {
  return isJsonObject(output) && output["exists"] === false;
}

/** Pointers that a message shows. */
const pointersShownMax = 4;

/**
 * The name that a guard uses: `type.object.fact`. Other ids than identifiers stand in brackets: `host['web-1'].up`.
 */
export function factName(object: ObjectRef, fact: string): string {
  const slash = object.indexOf("/");
  return formatPath([object.slice(0, slash), object.slice(slash + 1), fact]);
}

function asFence(value: JsonValue | undefined): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : null;
}

/**
 * Pointers already split. A domain declares a few, and a run reads its objects again and again. They are kept for a
 * pointer and not for a reading, of which every plan has its own. The number is bounded, because a plan can hold any.
 */
const splitPointers = new Map<string, readonly string[]>();
const splitPointersMax = 4_096;

function tokensOf(pointer: string): readonly string[] {
  const known = splitPointers.get(pointer);
  if (known !== undefined) return known;
  const tokens = parsePointer(pointer);
  invariant(tokens.ok, "a declared pointer was parsed with its domain");
  if (splitPointers.size < splitPointersMax) splitPointers.set(pointer, tokens.value);
  return tokens.value;
}
