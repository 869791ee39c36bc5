import { describe, expect, it } from "vitest";
import { limits } from "../value/limits.ts";
import { evaluateGuardPartial } from "./evaluate-guard.ts";
import { formatGuard } from "./format-guard.ts";
import { guardReads } from "./formula.ts";
import { createScope, listValues } from "./guard-type.fixture.ts";
import { describeType, type GuardType, isOfType, isSubtype } from "./guard-type.ts";
import { parseGuard } from "./parse-guard.ts";
import { typeGuard } from "./type-guard.ts";
import { type Inventory, unrollGuard } from "./unroll-guard.ts";

const state: GuardType = { kind: "values", values: ["active", "standby", "down"] };
const version: GuardType = { kind: "values", values: ["v1", "v2"] };
const percent: GuardType = { kind: "integer", min: 0, max: 100 };
const scope = createScope(
  new Map<string, GuardType>([
    ["controller.a.state", state],
    ["controller.b.state", state],
    ["controller.a.version", version],
    ["controller.a.load", percent],
    ["controller.b.load", { kind: "integer", min: 200, max: 300 }],
    ["array.ready", { kind: "boolean" }],
  ]),
);

function inventoryOf(objects: Readonly<Record<string, readonly string[]>>): Inventory {
  return {
    objectsOf: (type) => (Object.hasOwn(objects, type) ? objects[type] : undefined),
    types: () => Object.keys(objects),
  };
}

function unrolled(text: string, inventory: Inventory = inventoryOf({ controller: ["a", "b"] })) {
  const parsed = parseGuard(text);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  return unrollGuard(parsed.value, inventory, "/goal");
}

function typed(text: string) {
  const formula = unrolled(text);
  if (!formula.ok) throw new Error(formula.error[0]?.message);
  return typeGuard(formula.value, scope, "/goal");
}

describe("types", () => {
  it.each([
    "array.ready",
    "!array.ready || true",
    "controller.a.state == 'active'",
    "'active' != controller.a.state",
    "controller.a.state == controller.b.state",
    "controller.a.load < 80",
    "80 >= controller.a.load",
    "controller.a.load < 500",
    "controller.a.state in ['active', 'down']",
    "controller.a.load in [0, 100]",
    "array.ready == (controller.a.load > 3)",
    "1 < 2",
    "'x' == 'y'",
    "inventory.controller.all(x, x.state != 'down')",
    "inventory.controller.exists(x, x == 'a')",
  ])("%j is a condition", (text) => {
    expect(typed(text).ok).toBe(true);
  });

  it.each([
    [
      "controller.a.state == 'actve'",
      "column 23: `actve` is not in the domain, which is one of `active`, `standby`, `down`",
      "did you mean `active`?",
    ],
    ["controller.a.state in ['active', 3]", "column 34: 3 is not in the domain", "use one of"],
    [
      "controller.a.load == 101",
      "column 22: 101 is not in the domain, which is a whole number from 0 to 100",
      "use a whole number",
    ],
    ["controller.a.load == 'high'", "column 22: `high` is not in the domain", "use a whole number"],
    [
      "controller.a.state == controller.a.version",
      "column 23: one of `active`, `standby`, `down` is never equal to one of `v1`, `v2`",
      "",
    ],
    ["controller.a.load == controller.b.load", "column 22: a whole number from 0 to 100 is never equal", ""],
    ["controller.a.load == array.ready", "is never equal to true or false", ""],
    ["controller.a.state < 'down'", "column 1: `<` compares whole numbers", ""],
    ["array.ready < true", "`<` compares whole numbers", ""],
    ["controller.a.load", "column 1: a guard is true or false, this is a whole number from 0 to 100", ""],
    ["'active'", "a guard is true or false, this is the text `active`", ""],
    ["!controller.a.load", "column 2: `!` joins what is true or false", ""],
    ["array.ready && controller.a.state", "column 16: `&&` joins what is true or false", ""],
    ["array.ready in ['true']", "`true` is not in the domain, which is true or false", ""],
    ["1 == 'x'", "`1` is never equal to the text `x`", ""],
  ])("%j is E_GUARD_TYPE", (text, message, hint) => {
    expect(typed(text)).toMatchObject({
      ok: false,
      error: expect.arrayContaining([
        expect.objectContaining({
          code: "E_GUARD_TYPE",
          pointer: "/goal",
          message: expect.stringContaining(message),
          hint: expect.stringContaining(hint),
        }),
      ]),
    });
  });

  it("an undeclared name is E_GUARD_NAME with the one that was meant", () => {
    expect(typed("controller.a.stat == 'x'")).toMatchObject({
      ok: false,
      error: [{ code: "E_GUARD_NAME", hint: "did you mean `controller.a.state`?" }],
    });
  });

  it("all problems are reported, and a mistake in a macro once", () => {
    const found = typed("inventory.controller.all(x, x.state == 'dwn') && nothing && controller.a.load == 'x'");

    expect(found.ok ? [] : found.error.map(({ code }) => code)).toEqual([
      "E_GUARD_TYPE",
      "E_GUARD_NAME",
      "E_GUARD_TYPE",
    ]);
  });

  it("the read set is sorted, each name once, with its domain", () => {
    const guard = typed("controller.b.state == 'down' || controller.a.load > 3 || controller.b.state == 'active'");

    expect(guard.ok && guard.value.reads).toEqual([
      { key: "controller.a.load", path: ["controller", "a", "load"], type: percent },
      { key: "controller.b.state", path: ["controller", "b", "state"], type: state },
    ]);
    expect(guard.ok && guardReads(guard.value.formula)).toEqual(["controller.a.load", "controller.b.state"]);
  });
});

describe("domains", () => {
  it("a domain holds exactly its values", () => {
    for (const type of [state, percent, { kind: "boolean" } as const])
      expect(listValues(type).every((value) => isOfType(value, type))).toBe(true);
    expect(
      isOfType(101, percent) ||
        isOfType(1.5, percent) ||
        isOfType("1", percent) ||
        isOfType("x", state) ||
        isOfType(0, { kind: "boolean" }),
    ).toBe(false);
  });

  it("a domain is a part of another exactly when each of its values is in it", () => {
    const all: readonly GuardType[] = [
      state,
      version,
      { kind: "values", values: ["down"] },
      percent,
      { kind: "integer", min: 5, max: 6 },
      { kind: "integer", min: 5, max: 101 },
      { kind: "boolean" },
    ];
    for (const inner of all) {
      for (const outer of all)
        expect(isSubtype(inner, outer)).toBe(listValues(inner).every((value) => isOfType(value, outer)));
    }
  });

  it("a long domain is described by its beginning", () => {
    expect(describeType({ kind: "values", values: Array.from({ length: 20 }, (_, index) => `v${index}`) })).toMatch(
      /`v11`, …$/,
    );
  });
});

describe("unrolling", () => {
  it.each([
    ["inventory.controller.all(x, x.ok)", "controller.a.ok && controller.b.ok"],
    ["inventory.controller.exists(x, x.ok && p)", "controller.a.ok && p || controller.b.ok && p"],
    ["!inventory.controller.all(x, x == x.peer)", "!('a' == controller.a.peer && 'b' == controller.b.peer)"],
    [
      "inventory.controller.all(x, inventory.controller.exists(y, x.id != y.id))",
      "('a' != 'a' || 'a' != 'b') && ('b' != 'a' || 'b' != 'b')",
    ],
    ["p || inventory.controller.all(controller, controller.ok)", "p || controller.a.ok && controller.b.ok"],
  ])("%j is %j", (text, expected) => {
    const formula = unrolled(text);

    expect(formula.ok && formatGuard(formula.value)).toBe(expected);
  });

  it("over no objects all is true and exists is false", () => {
    const none = inventoryOf({ controller: [] });
    const formulas = [
      unrolled("inventory.controller.all(x, x.ok)", none),
      unrolled("inventory.controller.exists(x, x.ok)", none),
    ];

    expect(formulas.map((formula) => formula.ok && formatGuard(formula.value))).toEqual(["true", "false"]);
  });

  it("an id that is no identifier is bracketed", () => {
    const formula = unrolled("inventory.array.all(x, x.ok)", inventoryOf({ array: ["c-1"] }));

    expect(formula.ok && formatGuard(formula.value)).toBe("array['c-1'].ok");
  });

  it("an undeclared type is E_GUARD_NAME with the one that was meant", () => {
    expect(unrolled("inventory.controler.all(x, x.ok)")).toMatchObject({
      ok: false,
      error: [{ code: "E_GUARD_NAME", hint: "did you mean `controller`?" }],
    });
  });

  it.each(["x == 'c'", "'c' != x.id", "x in ['a', 'c']", "inventory.controller.exists(y, x.id == 'c')"])(
    "comparing an object with an id none has (%s) is refused once",
    (body) => {
      const formula = unrolled(`inventory.controller.all(x, ${body})`);

      expect(formula).toMatchObject({ ok: false, error: [{ code: "E_GUARD_TYPE", pointer: "/goal" }] });
      expect(formula.ok ? 0 : formula.error.length).toBe(1);
    },
  );

  it("nested macros over a large inventory are refused instead of exploding", () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
    const text =
      "inventory.c.all(x, inventory.c.all(y, inventory.c.all(z, inventory.c.all(w, x.a == y.a && z.a == w.a))))";

    expect(unrolled(text, inventoryOf({ c: ids }))).toMatchObject({
      ok: false,
      error: [{ code: "E_GUARD_SIZE", message: expect.stringContaining(String(limits.guardConjunctsNodesMax)) }],
    });
    expect(unrolled(text.replaceAll(".all(", ".exists("), inventoryOf({ c: ids }))).toMatchObject({
      ok: false,
      error: [{ code: "E_GUARD_SIZE", message: expect.stringContaining(String(limits.guardUnrolledNodesMax)) }],
    });
  });

  it("each condition of a guard over a fleet of thousands may be as large as a guard may be", () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => `c${index}`);

    const formula = unrolled("inventory.c.all(x, x.a == 1 && (x.b || x.c))", inventoryOf({ c: ids }));

    expect(formula.ok && formula.value.kind === "logic" ? formula.value.operands.length : 0).toBe(10_000);
  });
});

describe("evaluation", () => {
  it.each([
    ["array.ready && controller.a.load < 5", undefined, undefined, undefined],
    ["array.ready && controller.a.load < 5", false, undefined, false],
    ["array.ready && controller.a.load < 5", undefined, 7, false],
    ["array.ready || controller.a.load < 5", undefined, 3, true],
    ["array.ready || controller.a.load < 5", undefined, 7, undefined],
    ["!array.ready", undefined, 1, undefined],
    ["controller.a.load in [1]", true, undefined, undefined],
    ["controller.a.load == controller.a.load", true, undefined, undefined],
  ])("%j with ready %s and load %s is %s", (text, ready, load, expected) => {
    const guard = typed(text);
    if (!guard.ok) throw new Error();

    expect(evaluateGuardPartial(guard.value, (key) => (key === "array.ready" ? ready : load))).toBe(expected);
  });
});
