import { describe, expect, it } from "vitest";
import { evaluateGuardPartial } from "./evaluate-guard.ts";
import { formatGuard } from "./format-guard.ts";
import type { Comparison, Formula } from "./formula.ts";
import { createScope } from "./guard-type.fixture.ts";
import type { GuardType, OrderedType } from "./guard-type.ts";
import { lowerOrder } from "./lower-order.ts";
import { parseCompiledGuard, parseGuard } from "./parse-guard.ts";
import { typeGuard } from "./type-guard.ts";

const releases: OrderedType = { kind: "releases", values: ["1.9", "1.10", "2.0"] };
const version: OrderedType = { kind: "version", scheme: "semver" };

function parse(text: string): Formula {
  const parsed = parseGuard(text);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  // None of these guards has a macro.
  return parsed.value as Formula;
}

function lower(text: string, type: OrderedType): Formula {
  // Each of them is one comparison.
  return lowerOrder(parse(text) as Comparison<Formula>, type);
}

const found: Readonly<Record<string, (difference: number) => boolean>> = {
  "<": (difference) => difference < 0,
  "<=": (difference) => difference <= 0,
  ">": (difference) => difference > 0,
  ">=": (difference) => difference >= 0,
};

describe("a comparison of releases", () => {
  it("says the same as their places in the list, and is unknown for one that is not known", () => {
    for (const [operator, expected] of Object.entries(found))
      for (const [place, constant] of releases.values.entries())
        for (const [source, isMirrored] of [
          [`t.a.x ${operator} '${constant}'`, false],
          [`'${constant}' ${operator} t.a.x`, true],
        ] as const) {
          const formula = lower(source, releases);
          const printed = parseCompiledGuard(formatGuard(formula));
          expect(printed.ok && formatGuard(printed.value)).toBe(formatGuard(formula));
          expect(evaluateGuardPartial({ formula, reads: [] }, () => undefined)).toBeUndefined();
          for (const [other, value] of releases.values.entries())
            expect(
              evaluateGuardPartial({ formula, reads: [] }, () => value),
              `${source} with ${value}`,
            ).toBe(expected(isMirrored ? place - other : other - place));
        }
  });

  it("of two that are known is settled, and of one that is not in the list stays as it is", () => {
    expect(lower("'1.9' < '1.10'", releases)).toMatchObject({ kind: "constant", value: true });
    expect(lower("'2.0' < '1.10'", releases)).toMatchObject({ kind: "constant", value: false });
    expect(formatGuard(lower("t.a.x < '1.11'", releases))).toBe("t.a.x < '1.11'");
  });
});

describe("a comparison of versions", () => {
  it("names its scheme in the plan, and puts the fact first", () => {
    expect(formatGuard(lower("t.a.x >= '1.10.0'", version))).toBe("t.a.x >= semver('1.10.0')");
    expect(formatGuard(lower("'1.10.0' >= t.a.x", version))).toBe("t.a.x <= semver('1.10.0')");
  });

  it.each([
    ["1.9.0", true],
    ["1.10.0-rc.1", true],
    ["1.10.0", false],
    ["v1.10.0+build", false],
    ["2.0.0", false],
    ["1.10", undefined],
    [3, undefined],
  ])("with %j is %s", (value, expected) => {
    const formula = parse("t.a.x < semver('1.10.0')");

    expect(evaluateGuardPartial({ formula, reads: [] }, () => value)).toBe(expected);
  });
});

describe("a guard over versions", () => {
  const scope = createScope(
    new Map<string, GuardType>([
      ["controller.a.firmware", releases],
      ["controller.b.firmware", releases],
      ["service.web.version", version],
      ["service.api.version", version],
      ["service.web.image", { kind: "string", lengthMax: 40, charset: "line" }],
      ["arg.firmware", { kind: "values", values: ["1.10", "2.0"] }],
      ["arg.other", { kind: "values", values: ["1.10", "3.0"] }],
      ["arg.version", version],
    ]),
  );
  const typed = (text: string) => typeGuard(parse(text), scope, "/pre");

  it.each([
    "controller.a.firmware >= '1.10'",
    "arg.firmware >= controller.a.firmware",
    "controller.a.firmware == controller.b.firmware",
    "service.web.version >= arg.version && service.web.version < semver('2.0.0')",
    "arg.version >= '1.0.0'",
    "service.web.version in ['1.0.0', '1.0.1']",
  ])("may compare by order and with what is given: %s", (text) => {
    const result = typed(text);

    expect(result.ok ? [] : result.error).toEqual([]);
  });

  it.each([
    [
      "controller.a.firmware >= controller.b.firmware",
      "E_GUARD_UNBOUNDED",
      "column 26: `>=` compares one of `1.9`, `1.10`, `2.0` with another fact",
    ],
    [
      "service.web.version >= service.api.version",
      "E_GUARD_UNBOUNDED",
      "column 24: `>=` compares a semantic version such as `1.10.0` with another fact",
    ],
    [
      "controller.a.firmware >= '1.11'",
      "E_GUARD_TYPE",
      "column 26: `1.11` is not in the domain, which is one of `1.9`, `1.10`, `2.0`",
    ],
    [
      "arg.other >= controller.a.firmware",
      "E_GUARD_TYPE",
      "column 1: one of `1.10`, `3.0` has no place in the order of one of `1.9`, `1.10`, `2.0`",
    ],
    [
      "service.web.version >= '1.10'",
      "E_GUARD_TYPE",
      "column 24: `1.10` is not in the domain, which is a semantic version such as `1.10.0`",
    ],
    [
      "service.web.image >= semver('1.10.0')",
      "E_GUARD_TYPE",
      "column 1: a text of at most 40 characters (line) has no place in the order of " +
        "a semantic version such as `1.10.0`",
    ],
    [
      "controller.a.firmware >= semver('1.10.0')",
      "E_GUARD_TYPE",
      "column 26: `semver('1.10.0')` is not in the domain, which is one of `1.9`, `1.10`, `2.0`",
    ],
  ])("refuses %s", (text, code, message) => {
    const result = typed(text);

    expect(result.ok ? undefined : result.error[0]).toMatchObject({ code, message });
  });

  it.each(["t.a.x >= semver(1)", "t.a.x >= semver('1.0.0'", "t.a.x >= semver('1.0.0', 2)", "t.a.x >= sember('1.0.0')"])(
    "does not parse %s",
    (text) => {
      expect(parseGuard(text)).toMatchObject({ ok: false, error: [{ code: "E_GUARD_PARSE" }] });
    },
  );
});
