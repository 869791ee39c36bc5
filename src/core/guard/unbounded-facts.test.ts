import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateGuardPartial } from "./evaluate-guard.ts";
import { formatGuard } from "./format-guard.ts";
import { type Formula, formatText } from "./formula.ts";
import { createScope } from "./guard-type.fixture.ts";
import { type GuardType, isSubtype } from "./guard-type.ts";
import { parseGuard } from "./parse-guard.ts";
import { typeGuard } from "./type-guard.ts";

const image: GuardType = { kind: "string", lengthMax: 40, charset: "line" };
const scope = createScope(
  new Map<string, GuardType>([
    ["service.web.image", image],
    ["service.api.image", image],
    ["service.web.state", { kind: "values", values: ["up", "down"] }],
    ["arg.image", image],
    ["arg.word", { kind: "string", lengthMax: 4, charset: "identifier" }],
  ]),
);

function typed(text: string) {
  const parsed = parseGuard(text);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  // None of these guards has a macro.
  return typeGuard(parsed.value as Formula, scope, "/pre");
}

describe("a guard over a text", () => {
  it.each([
    "service.web.image == 'registry.local/web:v1.2.4'",
    "service.web.image != ''",
    "service.web.image in ['a', 'b']",
    "service.web.image == arg.image",
    "arg.image == service.web.image",
    "service.web.state == arg.word",
    "arg.image == arg.word",
  ])("may compare it with a constant or with what is given: %s", (text) => {
    expect(typed(text).ok).toBe(true);
  });

  it.each([
    [
      "service.web.image == service.api.image",
      "E_GUARD_UNBOUNDED",
      "column 22: a text of at most 40 characters (line) is compared with another fact",
    ],
    [
      "service.web.image < 'b'",
      "E_GUARD_TYPE",
      "column 1: `<` compares whole numbers, this is a text of at most 40 characters (line)",
    ],
    [
      "service.web.image == 3",
      "E_GUARD_TYPE",
      "column 22: 3 is not in the domain, which is a text of at most 40 characters (line)",
    ],
    [
      "service.web.image == 'cafe\\u0301'",
      "E_GUARD_TYPE",
      "column 22: `cafe\u0301` is not in the domain, which is a text of at most 40 characters (line)",
    ],
    [
      "service.web.image",
      "E_GUARD_TYPE",
      "column 1: a guard is true or false, this is a text of at most 40 characters (line)",
    ],
    [
      "service.web.state == service.web.image",
      "E_GUARD_UNBOUNDED",
      "column 22: a text of at most 40 characters (line) is compared with another fact",
    ],
  ])("refuses %s", (text, code, message) => {
    const result = typed(text);

    expect(result.ok ? undefined : result.error[0]).toMatchObject({ code, pointer: "/pre", message });
  });

  it("reads every text back from its canonical form, and tells it from every other", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.string({ unit: "binary", maxLength: 40 }),
        (one, other) => {
          const text = `service.web.image == ${formatText(one)}`;
          const parsed = parseGuard(text);
          if (!parsed.ok) return false;
          // As above.
          const formula = parsed.value as Formula;
          const holdsFor = (value: string) => evaluateGuardPartial({ formula, reads: [] }, () => value);
          return formatGuard(formula) === text && holdsFor(one) === true && holdsFor(other) === (one === other);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("an assignment of a text", () => {
  it("takes only what always fits", () => {
    const word: GuardType = { kind: "string", lengthMax: 4, charset: "identifier" };

    expect(isSubtype(word, image)).toBe(true);
    expect(isSubtype(image, word)).toBe(false);
    expect(isSubtype({ kind: "values", values: ["up", "down"] }, image)).toBe(true);
    expect(isSubtype({ kind: "values", values: ["a\u200b"] }, image)).toBe(false);
    expect(isSubtype(word, { kind: "values", values: ["up"] })).toBe(false);
  });
});
