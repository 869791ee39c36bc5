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

describe("a number in steps that is read", () => {
  const rate: FactType = { kind: "decimal", min: 0, max: 1, step: 0.01, thresholds: [0.05] };
  const expected = "expected a number from 0 to 1 in steps of 0.01";

  it.each<[string, "json" | "texts", number]>([
    ["0.3", "json", 0.3],
    ["0.30000001192092896", "json", 0.3],
    ["0.1000000000000000055511151231257827021181583404541015625", "json", 0.1],
    ["-0", "json", 0],
    ["-0.0", "json", 0],
    ["1e-400", "json", 0],
    ["5E-2", "json", 0.05],
    ["0.30", "texts", 0.3],
    ["1", "texts", 1],
  ])("%s (%s) is the step that is nearest to it: %d", (value, from, is) => {
    expect(read(rate, value, from)).toBe(is);
  });

  it.each<[string, "json" | "texts", string]>([
    ["1.01", "json", `found the number 1.01 at \`/value/it\`, ${expected}`],
    ["1e400", "json", "found the number `1e400`, which no double holds exactly, at `/value/it`"],
    ['"0.3"', "json", `found the text \`0.3\` at \`/value/it\`, ${expected}`],
    ["NaN", "texts", `found the text \`NaN\` at \`/value/it\`, ${expected}`],
    ["3e-1", "texts", `found the text \`3e-1\` at \`/value/it\`, ${expected}`],
    ["", "texts", `found the text \`\` at \`/value/it\`, ${expected}`],
  ])("%s (%s) is unknown, and tells what was found", (value, from, unknown) => {
    expect(read(rate, value, from)).toEqual({ unknown });
  });
});

describe("an instant that is read", () => {
  const until: FactType = { kind: "instant", thresholds: [] };

  it.each<[string, "json" | "texts", string]>([
    ['"2026-12-01T00:30:00+01:00"', "json", "2026-11-30T23:30:00Z"],
    ["2026-11-30T17:00:00.000Z", "texts", "2026-11-30T17:00:00Z"],
  ])("%s (%s) is kept in UTC: %s", (value, from, is) => {
    expect(read(until, value, from)).toBe(is);
  });

  it.each(['"2016-12-31T23:59:60Z"', '"2026-11-30 17:00:00Z"', '"tomorrow"', "1764522000"])(
    "%s is unknown",
    (value) => {
      const seen = read(until, value);

      expect(JSON.stringify(seen)).toContain("expected an instant such as `2026-11-30T17:00:00Z`");
    },
  );
});
