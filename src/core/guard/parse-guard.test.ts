import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../value/limits.ts";
import { formatGuard } from "./format-guard.ts";
import { formatPath, isRootName } from "./formula.ts";
import { parseGuard } from "./parse-guard.ts";
import { parseWhen } from "./parse-when.ts";

function codesOf(text: string): readonly string[] {
  const parsed = parseGuard(text);
  return parsed.ok ? [] : parsed.error.map((found) => found.code);
}

function canonical(text: string): string {
  const parsed = parseGuard(text);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  return formatGuard(parsed.value);
}

describe("what is read", () => {
  it.each([
    ["a  ==\n 'x'", "a == 'x'"],
    ['a == "x"', "a == 'x'"],
    ["(((a)))", "a"],
    ["a && (b && c)", "a && b && c"],
    ["a || b && c", "a || b && c"],
    ["(a || b) && c", "(a || b) && c"],
    ["!(a == b)", "!(a == b)"],
    ["!!a == b", "!!a == b"],
    ["a == b == c", "a == b == c"],
    ["a == (b == c)", "a == (b == c)"],
    ["(a == b) == c", "a == b == c"],
    ["n in [ 1 ,-2, true,'x' ]", "n in [1, -2, true, 'x']"],
    ["-0 == n", "0 == n"],
    ["controller . a . state", "controller.a.state"],
    ['array["c-1"].state', "array['c-1'].state"],
    ["array['c1'].state", "array.c1.state"],
    ["array['in'].state", "array['in'].state"],
    ["array['']['\\'\\\\'].if", "array['']['\\'\\\\'].if"],
    ["s == 'tab\\t\\u00e9'", "s == 'tab\\u0009é'"],
    ["inventory.controller.all(x, x.state=='ok')", "inventory.controller.all(x, x.state == 'ok')"],
    ["!inventory.controller.exists(x, x.a || x.b) && c", "!inventory.controller.exists(x, x.a || x.b) && c"],
  ])("%j is %j", (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it("there is one zero", () => {
    const parsed = parseGuard("-0");

    expect(parsed.ok && parsed.value.kind === "constant" && Object.is(parsed.value.value, 0)).toBe(true);
  });

  it("nodes know their column", () => {
    const parsed = parseGuard("a && bcd == 'x'");

    expect(parsed).toMatchObject({
      ok: true,
      value: { operands: [{ column: 1 }, { column: 6, right: { column: 13 } }] },
    });
  });

  it("the canonical text is its own canonical text, and reads as the same guard", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "!", "(", ")", "&&", "||", "==", "<", "in", "['x']", ".b", "1"), {
          maxLength: 9,
        }),
        (pieces) => {
          const parsed = parseGuard(pieces.join(" "));
          if (!parsed.ok) return;

          const text = formatGuard(parsed.value);

          const again = parseGuard(text);
          expect(again.ok && withoutColumns(again.value)).toEqual(withoutColumns(parsed.value));
          expect(again.ok && formatGuard(again.value)).toBe(text);
        },
      ),
      { seed: 1, numRuns: 3_000 },
    );
  });

  it("every path is read back from its spelling", () => {
    const segments = fc.array(
      fc.string({ maxLength: 6 }).filter((text) => text.isWellFormed()),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(segments, (rest) => {
        const path = ["root", ...rest];

        const parsed = parseGuard(formatPath(path));

        expect(parsed).toMatchObject({ ok: true, value: { kind: "reference", path } });
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });

  it("two different paths never have the same spelling", () => {
    const segment = fc.constantFrom("a", "a.b", "['a']", "'", "\\", "", "b");
    const path = fc.array(segment, { maxLength: 3 }).map((rest) => ["root", ...rest]);
    fc.assert(
      fc.property(path, path, (left, right) => {
        expect(formatPath(left) === formatPath(right)).toBe(JSON.stringify(left) === JSON.stringify(right));
      }),
      { seed: 3, numRuns: 2_000 },
    );
  });

  it("reserved names are no roots", () => {
    expect(["controller", "for", "true", "c-1", "now", "inventory"].filter(isRootName)).toEqual(["controller"]);
  });
});

describe("named refusals", () => {
  it.each([
    ['s0.out.text.matches("^(a+)+$")', ["E_GUARD_REGEX"]],
    ["matches(a, 'b')", ["E_GUARD_REGEX"]],
    ["a.matches ('b') ? 1 : 2", ["E_GUARD_REGEX"]],
    ['now() > timestamp("2030-01-01T00:00:00Z")', ["E_GUARD_NONDETERMINISTIC", "E_GUARD_NONDETERMINISTIC"]],
    ["rand() < 1", ["E_GUARD_NONDETERMINISTIC"]],
    ["random < 1", ["E_GUARD_NONDETERMINISTIC"]],
    ["env.HOME == 'x'", ["E_GUARD_NONDETERMINISTIC"]],
    ["env['HOME'] == 'x'", ["E_GUARD_NONDETERMINISTIC"]],
    ["Math.random() < 1", ["E_GUARD_NONDETERMINISTIC"]],
    ["duration('1s') == 1 && a.matches('b')", ["E_GUARD_NONDETERMINISTIC", "E_GUARD_REGEX"]],
    ["uuid() == 'x' @ %", ["E_GUARD_NONDETERMINISTIC"]],
  ])("%j is %j, whatever else is wrong with it", (text, expected) => {
    expect(codesOf(text)).toEqual(expected);
  });

  it.each(["host.a.env == 'lab'", "a.matches == 'x'", "a.duration < 3", "s == 'now()'", "a['now'] == 'x'"])(
    "%j names nothing forbidden",
    (text) => {
      expect(codesOf(text)).toEqual([]);
    },
  );
});

describe("what is outside the fragment", () => {
  it.each([
    ['this.constructor.constructor("return process")().exit()', 29],
    ["a ? b : c", 3],
    ["a + 1 == 2", 3],
    ["a = 'x'", 3],
    ["a.size() == 1", 7],
    ["has(a.b)", 4],
    ["[1] == [1]", 1],
    ["a[0]", 3],
    ["a in b", 6],
    ["a in []", 7],
    ["a in ['x',]", 11],
    ["a in [b]", 7],
    ["{'a': 1}", 1],
    ["null == a", 1],
    ["1.5.0 < n", 1],
    ["0x10 == n", 1],
    ["1u == n", 1],
    ["007 == n", 1],
    ["9007199254740993 == n", 1],
    ["a == 'x", 6],
    ["a == '\\x41'", 6],
    ["a == '\\ud83d\\ude80'", 6],
    ["'''x''' == a", 3],
    ["r'x' == a", 2],
    ["a // c", 3],
    ["a == ", 6],
    ["", 1],
    ["(a", 3],
    ["a)", 2],
    ["a b", 3],
    ["a &| b", 3],
    ["&& a", 1],
    ["- a", 3],
    ["--1 == n", 2],
    ["a.in == 'x'", 3],
    ["a.", 3],
    ["for == 1", 1],
    ["inventory", 10],
    ["inventory.c.map(x, x)", 1],
    ["inventory.c.all(x)", 18],
    ["inventory.c.all(x, x).y", 22],
    ["inventory.c.all(x.y, x)", 18],
    ["inventory.c.all(inventory, x)", 17],
    ["a == \u0430 ", 6],
    ["a\u00a0== b", 2],
    ["(a).b", 4],
    ["'a'.b == 'x'", 4],
  ])("%j is E_GUARD_PARSE at column %i", (text, column) => {
    const parsed = parseGuard(text, "/steps/0/when");

    expect(parsed).toMatchObject({
      ok: false,
      error: [
        { code: "E_GUARD_PARSE", pointer: "/steps/0/when", message: expect.stringContaining(`column ${column}: `) },
      ],
    });
  });

  it("a macro inside another needs its own variable", () => {
    expect(codesOf("inventory.c.all(x, inventory.d.exists(x, x.y))")).toEqual(["E_GUARD_NAME"]);
    expect(codesOf("inventory.c.all(x, x.y) && inventory.d.exists(x, x.y)")).toEqual([]);
  });

  it("no text makes the parser throw, hang or overflow", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc
        .array(fc.constantFrom("(", "!", "inventory.c.all(x,", "a", "'", "\\", "[", "==", " "), { maxLength: 3_000 })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const code of codesOf(text)) expect(code).toMatch(/^E_GUARD_/);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

describe("limits", () => {
  const depthMax = limits.guardDepthLevelsMax;

  it.each([
    ["parentheses", (count: number) => `${"(".repeat(count)}a${")".repeat(count)}`],
    ["negations", (count: number) => `${"!".repeat(count)}a`],
    ["comparisons in a row", (count: number) => `a${" == a".repeat(count)}`],
  ])("%s nest as deep as permitted and no deeper", (_title, build) => {
    expect(codesOf(build(depthMax))).toEqual([]);
    expect(codesOf(build(depthMax + 1))).toEqual(["E_GUARD_SIZE"]);
  });

  it("a long chain is wide, not deep", () => {
    expect(codesOf(Array.from({ length: 300 }, () => "a").join("&&"))).toEqual([]);
  });

  it("parts are counted", () => {
    expect(codesOf(Array.from({ length: limits.guardNodesMax }, () => "a").join("||"))).toEqual(["E_GUARD_SIZE"]);
  });

  it("length is checked before anything is read", () => {
    expect(codesOf(" ".repeat(limits.guardCharsMax + 1))).toEqual(["E_GUARD_SIZE"]);
    expect(codesOf(`a == '${"x".repeat(limits.guardCharsMax - 7)}'`)).toEqual([]);
  });

  it("list items are counted", () => {
    expect(codesOf(`n in [${Array.from({ length: limits.guardListItemsMax + 1 }, () => "1").join()}]`)).toEqual([
      "E_GUARD_SIZE",
    ]);
  });
});

describe("a when", () => {
  it.each(["s1 == 'contention' && s2 in ['recent','none']", "!(s1 == 'done')", "s3 == 'a' || s6 == 'a'"])(
    "%j compares outcomes",
    (text) => {
      expect(parseWhen(text).ok).toBe(true);
    },
  );

  it.each(["controller.a.state == 'ok'", "s1 == 'a' && s2.out == 'b'", "inventory.c.all(x, x.y)", "s1['x'] in ['a']"])(
    "%j reads more than outcomes",
    (text) => {
      expect(parseWhen(text)).toMatchObject({ ok: false, error: [{ code: "E_GUARD_PARSE" }] });
    },
  );

  it("refusals keep their code", () => {
    expect(parseWhen("now() > s1")).toMatchObject({ ok: false, error: [{ code: "E_GUARD_NONDETERMINISTIC" }] });
  });
});

function withoutColumns(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, child: unknown) => (key === "column" ? undefined : child)));
}
