import { describe, expect, it } from "vitest";
import { testConnectors } from "../../../test/support/connector-traits.ts";
import { readShopDomain } from "../../../test/support/read-domain.ts";
import type { JsonValue } from "../value/json-value.ts";
import { parseWith } from "../value/shape.ts";
import { checkDomain } from "./check-domain.ts";
import type { Domain, FactType, ValueType } from "./domain.ts";
import { factType, valueType } from "./parse-type.ts";
import { parsedFactType } from "./read-parsed.ts";
import { canFit, checkValue, isValidator } from "./value-type.ts";

function read(value: JsonValue): unknown {
  const parsed = parseWith(factType(), value);
  return parsed.ok ? parsed.value : parsed.error.map(({ code, pointer, message }) => `${code} ${pointer} ${message}`);
}

describe("the type of a fact", () => {
  it.each<[JsonValue, FactType]>([
    [{ string: {} }, { kind: "string", lengthMax: 200, charset: "line" }],
    [{ string: { max: 1_024, charset: "text" } }, { kind: "string", lengthMax: 1_024, charset: "text" }],
    [{ releases: ["1.9", "1.10"] }, { kind: "releases", values: ["1.9", "1.10"] }],
    [{ version: "semver" }, { kind: "version", scheme: "semver" }],
    [
      { decimal: { min: -1, max: 1, step: 0.05, thresholds: [0.5, -0.25, 0.5] } },
      { kind: "decimal", min: -1, max: 1, step: 0.05, thresholds: [-0.25, 0.5] },
    ],
    ["instant", { kind: "instant", thresholds: [] }],
    [
      { instant: { thresholds: ["2026-12-01T01:00:00+01:00", "2026-11-30T00:00:00Z"] } },
      { kind: "instant", thresholds: ["2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"] },
    ],
  ])("%j is read, and read again from a plan", (written, type) => {
    expect(read(written)).toEqual(type);
    expect(parseWith(parsedFactType, type as unknown as JsonValue)).toEqual({ ok: true, value: type });
  });

  it.each<[JsonValue, string]>([
    [{ list: { of: "boolean", max: 3 } }, "E_SCHEMA  a fact cannot be of the type `list`"],
    [{ number: [0, 1] }, "E_SCHEMA  a fact cannot be of the type `number`"],
    [{ string: { max: 1_025 } }, "E_SCHEMA /string/max a fact has at most 1024 characters, found 1025"],
    [{ string: { charset: "unicode" } }, "E_SCHEMA /string/charset"],
    // `1.10` without quotes is a number in YAML.
    [{ releases: [1.1, "1.9"] }, "E_SCHEMA /releases/0"],
    [{ releases: ["1.9", "1.9"] }, "E_SCHEMA /releases `1.9` stands twice"],
    [{ version: "calver" }, "E_SCHEMA /version"],
    [{ decimal: { min: 0, max: 1 } }, "E_SCHEMA_MISSING_FIELD /decimal"],
    [{ decimal: { min: 0, max: 1, step: 0 } }, "E_SCHEMA /decimal/step expected 0.000001 to 1000000000, found 0"],
    [{ decimal: { min: 0, max: 1, step: 0.0000015 } }, "E_SCHEMA /decimal/step a step is a whole number of millionths"],
    [{ decimal: { min: 1, max: 0, step: 0.5 } }, "E_SCHEMA /decimal the range from 1 to 0 is empty"],
    [{ decimal: { min: 0, max: 1, step: 0.3 } }, "E_SCHEMA /decimal 1 is no multiple of the step 0.3 from 0 to 1"],
    [{ decimal: { min: 0, max: 1, step: 0.1, thresholds: [1.1] } }, "E_SCHEMA /decimal 1.1 is no multiple"],
    [{ instant: { thresholds: ["2026-11-30T23:59:60Z"] } }, "E_SCHEMA /instant/thresholds/0"],
    ["instants", "E_SCHEMA"],
  ])("%j is refused", (written, problem) => {
    expect(read(written)).toEqual([expect.stringContaining(problem)]);
  });

  it("alone has thresholds, not that of an argument", () => {
    expect(parseWith(valueType(), { instant: { thresholds: ["2026-12-01T00:00:00Z"] } })).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA", pointer: "/instant/thresholds", message: "only a fact has thresholds" }],
    });
  });
});

describe("an argument of such a type", () => {
  const at = { pointer: "", idsOf: () => [] };
  const semver: ValueType = { kind: "version", scheme: "semver" };
  const share: ValueType = { kind: "decimal", min: 0, max: 1, step: 0.01, thresholds: [] };
  const instant: ValueType = { kind: "instant", thresholds: [] };
  const releases: ValueType = { kind: "releases", values: ["1.9", "1.10"] };

  it.each<[ValueType, JsonValue, boolean]>([
    [releases, "1.10", true],
    [releases, 1.1, false],
    [semver, "v1.10.0-rc.1", true],
    [semver, "1.10", false],
    [share, 0.25, true],
    [share, 0.255, false],
    [share, "0.25", false],
    [instant, "2026-12-01T01:00:00+01:00", true],
    [instant, "2026-12-01", false],
  ])("(%o) may be %j: %s", (type, value, isValue) => {
    expect(checkValue(type, value, at).map(({ code }) => code)).toEqual(isValue ? [] : ["E_ARG_SCHEMA"]);
  });

  it("takes an outside value only where it leaves nothing but a choice", () => {
    expect([releases, share, semver, instant].map(isValidator)).toEqual([true, true, false, false]);
    expect(canFit({ kind: "number", min: 0, max: 9 }, share)).toBe(true);
    expect(canFit({ kind: "string", lengthMax: 9, charset: "line" }, semver)).toBe(true);
    expect(canFit({ kind: "values", values: ["2.0"] }, releases)).toBe(false);
    expect(canFit(share, semver)).toBe(false);
  });
});

describe("a domain", () => {
  const shop = readShopDomain();
  const withFact = (type: FactType, argument: ValueType): Domain => ({
    ...shop,
    types: shop.types.map((declared) => ({
      ...declared,
      facts: declared.facts.map((fact) => (fact.name === "replicas" ? { ...fact, type } : fact)),
    })),
    actions: shop.actions.map((action) => ({
      ...action,
      input: action.input.map((given) => (given.name === "replicas" ? { ...given, type: argument } : given)),
    })),
  });
  const codes = (domain: Domain) => [...new Set(checkDomain(domain, testConnectors).map(({ code }) => code))];

  it("lets a way back put a number in steps back through an argument of any number in its range", () => {
    const steps: FactType = { kind: "decimal", min: 0, max: 20, step: 0.5, thresholds: [] };

    expect(codes(withFact(steps, { kind: "number", min: 0, max: 20 }))).not.toContain("E_ARG_SCHEMA");
    expect(codes(withFact(steps, { kind: "number", min: 0, max: 19 }))).toContain("E_ARG_SCHEMA");
    expect(codes(withFact(steps, { kind: "decimal", min: 0, max: 20, step: 1, thresholds: [] }))).toContain(
      "E_ARG_SCHEMA",
    );
  });
});
