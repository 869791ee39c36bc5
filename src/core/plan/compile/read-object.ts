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
  const { fingerprint, fence, facts } = pathsOf(reading);
  return {
    object: reading.object,
    fingerprint: digestOf(
      "interlock.fingerprint/1",
      fingerprint.map(({ pointer, tokens }) => [pointer, getAtPointer(output, tokens) ?? null]),
    ),
    fence: fence === null ? null : asFence(getAtPointer(output, fence.tokens)),
    facts: facts.map(({ name, extraction, pointer, tokens }) => {
      const isTyped = !textsAt.some((part) => pointer.startsWith(`${part}/`));
      const marker = findUnreadable(output, tokens);
      return { name, ...extractFact(extraction, getAtPointer(output, tokens), { isTyped, marker }) };
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
  const { declared, facts } = pathsOf(reading);
  let isSeen = declared.length === 0;
  for (const { pointer, tokens, isIdentity } of declared) {
    const marker = findUnreadable(output, tokens);
    if (marker !== null && (isIdentity || marker.kind === "document"))
      return `${quote(pointer)} leads to ${describeUnreadable(marker)}`;
    isSeen ||= marker !== null || getAtPointer(output, tokens) !== undefined;
  }
  const isToldMissing = facts.length === 0 || facts.some(({ pointer }) => pointer === existsPointer);
  if (isSeen) return saysMissing(output) && !isToldMissing ? missing : null;
  const shown = declared
    .slice(0, pointersShownMax)
    .map(({ pointer }) => quote(pointer))
    .join(", ");
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

/** A pointer of a declaration, split. */
interface Path {
  readonly pointer: string;
  readonly tokens: readonly string[];
}

/** Where a declaration looks in an output. */
interface ReadingPaths {
  readonly fingerprint: readonly Path[];
  readonly fence: Path | null;
  readonly facts: readonly (Path & { readonly name: string; readonly extraction: ObjectReading["facts"][number] })[];
  /** All of them, each once and sorted. Two outputs that differ in one of the identity are different objects. */
  readonly declared: readonly (Path & { readonly isIdentity: boolean })[];
}

/** Prepared once for each declaration, because a run reads its objects again and again. */
const preparedPaths = new WeakMap<ObjectReading, ReadingPaths>();

function pathsOf(reading: ObjectReading): ReadingPaths {
  const known = preparedPaths.get(reading);
  if (known !== undefined) return known;
  const { object, fingerprint, fence, facts } = reading;
  const identity = [...fingerprint, ...(fence === null ? [] : [fence])];
  const paths: ReadingPaths = {
    fingerprint: fingerprint.map(pathOf),
    fence: fence === null ? null : pathOf(fence),
    facts: facts.map((extraction) => ({
      ...pathOf(extraction.pointer),
      name: factName(object, extraction.fact),
      extraction,
    })),
    declared: sortedUnique([...facts.map(({ pointer }) => pointer), ...identity]).map((pointer) => ({
      ...pathOf(pointer),
      isIdentity: identity.includes(pointer),
    })),
  };
  preparedPaths.set(reading, paths);
  return paths;
}

function pathOf(pointer: string): Path {
  const tokens = parsePointer(pointer);
  invariant(tokens.ok, "a declared pointer was parsed with its domain");
  return { pointer, tokens: tokens.value };
}
