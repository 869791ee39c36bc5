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

describe("a guard over numbers in steps and instants", () => {
  const rate: GuardType = { kind: "decimal", min: 0, max: 1, step: 0.01, thresholds: [0.05, 0.1] };
  const until: GuardType = { kind: "instant", thresholds: ["2026-12-01T00:00:00Z"] };
  const scope = createScope(
    new Map<string, GuardType>([
      ["service.web.rate", rate],
      ["service.api.rate", rate],
      ["service.web.until", until],
      ["service.web.replicas", { kind: "integer", min: 0, max: 9 }],
      ["arg.rate", { kind: "decimal", min: 0, max: 0.5, step: 0.05, thresholds: [] }],
      ["arg.until", { kind: "instant", thresholds: [] }],
    ]),
  );
  const typed = (text: string) => typeGuard(parse(text), scope, "/pre");

  it.each([
    "service.web.rate < 0.05 && 0.1 >= service.web.rate",
    "service.web.rate == 0.3 || service.web.rate in [0, 1, 0.25]",
    "service.web.rate == arg.rate",
    "service.web.until > '2026-12-01T01:00:00+01:00'",
    "service.web.until <= instant('2026-12-01T00:00:00Z')",
    "service.web.until == arg.until",
    "service.web.until != '2030-01-01T00:00:00Z'",
  ])("may compare them with thresholds, and as equal with what is given: %s", (text) => {
    const result = typed(text);

    expect(result.ok ? [] : result.error).toEqual([]);
  });

  const alone = "compares a fact with its own thresholds";

  it.each([
    [
      "service.web.rate < 0.06",
      "E_GUARD_UNBOUNDED",
      `column 20: \`<\` ${alone}: found \`0.06\`, the fact declares \`0.05\`, \`0.1\``,
    ],
    [
      "service.web.rate <= arg.rate",
      "E_GUARD_UNBOUNDED",
      `column 21: \`<=\` ${alone}: found an argument or an input (a number from 0 to 0.5 in steps of 0.05)`,
    ],
    [
      "arg.rate <= 0.2",
      "E_GUARD_UNBOUNDED",
      `column 1: \`<=\` ${alone}: found an argument or an input (a number from 0 to 0.5 in steps of 0.05)`,
    ],
    [
      "service.web.rate < service.api.rate",
      "E_GUARD_UNBOUNDED",
      "column 20: `<` compares a number from 0 to 1 in steps of 0.01 with another fact",
    ],
    [
      "service.web.rate == service.api.rate",
      "E_GUARD_UNBOUNDED",
      "column 21: a number from 0 to 1 in steps of 0.01 is compared with another fact",
    ],
    [
      "service.web.rate == 0.255",
      "E_GUARD_TYPE",
      "column 21: 0.255 is not in the domain, which is a number from 0 to 1 in steps of 0.01",
    ],
    ["service.web.replicas < 1.5", "E_GUARD_TYPE", "column 24: `<` compares whole numbers, this is `1.5`"],
    [
      "service.web.until > '2026-12-01T00:00:01Z'",
      "E_GUARD_UNBOUNDED",
      `column 21: \`>\` ${alone}: found the text \`2026-12-01T00:00:01Z\`, the fact declares \`2026-12-01T00:00:00Z\``,
    ],
    [
      "service.web.until == 'tomorrow'",
      "E_GUARD_TYPE",
      "column 22: `tomorrow` is not in the domain, which is an instant such as `2026-11-30T17:00:00Z`",
    ],
    [
      "service.web.until == '2016-12-31T23:59:60Z'",
      "E_GUARD_TYPE",
      "column 22: `2016-12-31T23:59:60Z` is not in the domain, which is an instant such as `2026-11-30T17:00:00Z`",
    ],
    [
      "service.web.until > semver('1.0.0')",
      "E_GUARD_TYPE",
      "column 21: `semver('1.0.0')` is not in the domain, which is an instant such as `2026-11-30T17:00:00Z`",
    ],
  ])("refuses %s", (text, code, message) => {
    const result = typed(text);

    expect(result.ok ? undefined : result.error[0]).toMatchObject({ code, message });
  });

  it("stands in a plan in UTC, and says by what it is compared", () => {
    const type: OrderedType = { kind: "instant", thresholds: [] };

    expect(formatGuard(lower("t.a.x < '2026-12-01T01:00:00.500+01:00'", type))).toBe(
      "t.a.x < instant('2026-12-01T00:00:00.500Z')",
    );
    expect(formatGuard(lower("'2026-12-01T01:00:00+01:00' == t.a.x", type))).toBe("'2026-12-01T00:00:00Z' == t.a.x");
    const formula = parse("t.a.x < instant('2026-12-01T00:00:00.500Z')");
    const valueFor = (value: string) => evaluateGuardPartial({ formula, reads: [] }, () => value);
    expect(["2026-12-01T00:00:00Z", "2026-12-01T00:00:00.500Z", "2026-12-01T00:00:01Z", "soon"].map(valueFor)).toEqual([
      true,
      false,
      false,
      undefined,
    ]);
  });
});
