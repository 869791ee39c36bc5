import { describe, expect, it } from "vitest";
import type { FactType } from "../../domain/domain.ts";
import { parseAnswer } from "../../value/json.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { readObject } from "./read-object.ts";

/** Reads one fact as a connector gives it: `value` is JSON, or a text of a format that knows texts alone. */
function read(type: FactType, value: string, from: "json" | "texts" = "json"): JsonValue {
  const parsed = parseAnswer(from === "json" ? `{"it":${value}}` : JSON.stringify({ it: value }));
  if (!parsed.ok) throw new Error(parsed.error.message);
  const fact = { fact: "it", pointer: "/value/it", map: null, atLeast: null, type };
  const reading = { object: "config/web", facts: [fact], fingerprint: [], fence: null } as const;
  const [seen] = readObject(reading, { value: parsed.value }, undefined, from === "json" ? [] : ["/value"]).facts;
  return seen?.value ?? { unknown: seen?.why ?? "" };
}

describe("a text that is read", () => {
  const image: FactType = { kind: "string", lengthMax: 40, charset: "line" };
  const expected = "expected a text of at most 40 characters (line)";

  it.each<[string, "json" | "texts", string]>([
    ['"registry.local/web:v1.2.4"', "json", "registry.local/web:v1.2.4"],
    ['""', "json", ""],
    ["1.10", "texts", "1.10"],
    ["true", "texts", "true"],
    ["", "texts", ""],
  ])("%s is what it is (%s)", (value, from, is) => {
    expect(read(image, value, from)).toBe(is);
  });

  it.each([
    ["1.10", `found the number 1.1 at \`/value/it\`, ${expected}`],
    ["true", `found true at \`/value/it\`, ${expected}`],
    ['["v1"]', `found a list at \`/value/it\`, ${expected}`],
    ['"v1\\u200b"', `found the text \`v1\\u{200b}\` at \`/value/it\`, which holds an invisible character; ${expected}`],
    ['"\\ud800"', "found the text `\ufffd`, which is not well-formed Unicode, at `/value/it`"],
  ])("%s is unknown, and tells what was found", (value, unknown) => {
    expect(read(image, value)).toEqual({ unknown });
  });

  it("of 100 kB is unknown, and the reason stays short", () => {
    const seen = read(image, JSON.stringify("x".repeat(100_000)));

    expect(JSON.stringify(seen)).toContain(`which has 100000 characters; ${expected}`);
    expect(JSON.stringify(seen).length).toBeLessThan(300);
  });
});

describe("a version that is read", () => {
  const releases: FactType = { kind: "releases", values: ["1.9", "1.10"] };
  const version: FactType = { kind: "version", scheme: "semver" };

  it.each<[FactType, string, "json" | "texts", string]>([
    [releases, '"1.10"', "json", "1.10"],
    [releases, "1.10", "texts", "1.10"],
    [version, '"v1.10.0-rc.1+build.7"', "json", "v1.10.0-rc.1+build.7"],
    [version, "1.10.0", "texts", "1.10.0"],
  ])("(%o) %s is what it is (%s)", (type, value, from, is) => {
    expect(read(type, value, from)).toBe(is);
  });

  it.each<[FactType, string, string]>([
    // What JSON writes as a number has lost its zero.
    [releases, "1.10", "found the number 1.1 at `/value/it`, expected one of `1.9`, `1.10`"],
    [releases, '"1.11"', "found the text `1.11` at `/value/it`, expected one of `1.9`, `1.10`"],
    [version, '"1.10"', "found the text `1.10` at `/value/it`, expected a semantic version such as `1.10.0`"],
    [version, '"latest"', "found the text `latest` at `/value/it`, expected a semantic version such as `1.10.0`"],
  ])("(%o) %s is unknown, and tells what was found", (type, value, unknown) => {
    expect(read(type, value)).toEqual({ unknown });
  });
});
