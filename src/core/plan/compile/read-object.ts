import type { FactExtraction, FactType, FactValue, Observe } from "../../domain/domain.ts";
import { formatPath } from "../../guard/formula.ts";
import { type Digest, type DigestDomain, digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
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
  return {
    object: reading.object,
    fingerprint: digestOf(
      "interlock.fingerprint/1",
      reading.fingerprint.map((pointer) => [pointer, at(output, pointer) ?? null]),
    ),
    fence: reading.fence === null ? null : asFence(at(output, reading.fence)),
    facts: reading.facts.map((extraction) => {
      const name = factName(reading.object, extraction.fact);
      const isTyped = !textsAt.some((part) => extraction.pointer.startsWith(`${part}/`));
      const marker = findUnreadable(output, tokensOf(extraction.pointer));
      return { name, ...extractFact(extraction, at(output, extraction.pointer), { isTyped, marker }) };
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
 */
export function findReadingFlaw(reading: ObjectReading, output: JsonValue): string | null {
  const identity = [...reading.fingerprint, ...(reading.fence === null ? [] : [reading.fence])];
  const declared = sortedUnique([...reading.facts.map(({ pointer }) => pointer), ...identity]);
  const marked = declared.flatMap((pointer) => {
    const marker = findUnreadable(output, tokensOf(pointer));
    return marker === null ? [] : [{ pointer, marker }];
  });
  const flaw = marked.find(({ pointer, marker }) => marker.kind === "document" || identity.includes(pointer));
  if (flaw !== undefined) return `${quote(flaw.pointer)} leads to ${describeUnreadable(flaw.marker)}`;
  if (declared.length === 0 || marked.length > 0) return null;
  if (declared.some((pointer) => at(output, pointer) !== undefined)) return null;
  const shown = declared.slice(0, pointersShownMax).map(quote).join(", ");
  return `the answer holds nothing at ${shown}${declared.length > pointersShownMax ? ", …" : ""}`;
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

function at(output: JsonValue, pointer: string): JsonValue | undefined {
  return getAtPointer(output, tokensOf(pointer));
}

function tokensOf(pointer: string): readonly string[] {
  const tokens = parsePointer(pointer);
  invariant(tokens.ok, "a declared pointer was parsed with its domain");
  return tokens.value;
}
