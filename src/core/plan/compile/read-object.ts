import type { FactExtraction, FactType, FactValue, Observe } from "../../domain/domain.ts";
import { formatPath } from "../../guard/formula.ts";
import { canonicalText } from "../../value/canonical.ts";
import { type Digest, type DigestDomain, digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { getAtPointer, parsePointer } from "../../value/pointer.ts";
import type { Fact, ObjectRef } from "../plan.ts";

/** An object as it was just read. A fact is `null` if the output did not show a value of its type. */
export interface ObservedObject {
  readonly object: ObjectRef;
  readonly fingerprint: Digest;
  /** What the target compares on a write; `null` if it cannot compare. */
  readonly fence: string | null;
  readonly facts: readonly { readonly name: Fact["name"]; readonly value: FactValue | null }[];
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
 * `null`: unknown, and never a default. The fingerprint covers the values at the declared pointers, whether they are
 * there or not.
 *
 * @param digestOf - a driver may bring a faster SHA-256
 */
export function readObject(
  reading: ObjectReading,
  output: JsonValue,
  digestOf: (domain: DigestDomain, value: JsonValue) => Digest = digest,
): ObservedObject {
  return {
    object: reading.object,
    fingerprint: digestOf(
      "interlock.fingerprint/1",
      reading.fingerprint.map((pointer) => [pointer, at(output, pointer) ?? null]),
    ),
    fence: reading.fence === null ? null : asFence(at(output, reading.fence)),
    facts: reading.facts.map((extraction) => ({
      name: factName(reading.object, extraction.fact),
      value: extractFact(extraction, output),
    })),
  };
}

/**
 * The name that a guard uses: `type.object.fact`. Other ids than identifiers stand in brackets: `host['web-1'].up`.
 */
export function factName(object: ObjectRef, fact: string): string {
  const slash = object.indexOf("/");
  return formatPath([object.slice(0, slash), object.slice(slash + 1), fact]);
}

function extractFact(extraction: FactExtraction & { readonly type: FactType }, output: JsonValue): FactValue | null {
  const raw = at(output, extraction.pointer);
  if (raw === undefined) return null;
  if (extraction.atLeast !== null)
    return typeof raw === "number" ? inDomain(extraction.type, raw >= extraction.atLeast) : null;
  if (extraction.map === null) return inDomain(extraction.type, raw);
  const text = canonicalText(raw);
  const entry = extraction.map.find(({ from }) => canonicalText(from) === text);
  return entry === undefined ? null : inDomain(extraction.type, entry.to);
}

function inDomain(type: FactType, value: JsonValue): FactValue | null {
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "values":
      return typeof value === "string" && type.values.includes(value) ? value : null;
    case "integer":
      return typeof value === "number" && Number.isInteger(value) && value >= type.min && value <= type.max
        ? value
        : null;
  }
}

function asFence(value: JsonValue | undefined): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : null;
}

function at(output: JsonValue, pointer: string): JsonValue | undefined {
  const tokens = parsePointer(pointer);
  invariant(tokens.ok, "a declared pointer was parsed with its domain");
  return getAtPointer(output, tokens.value);
}
