import { isCelError, parse as parseCel, run } from "@bufbuild/cel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateGuard } from "./evaluate-guard.fixture.ts";
import { evaluateGuardPartial } from "./evaluate-guard.ts";
import { formatPath, type GuardValue } from "./formula.ts";
import { createScope, listValues } from "./guard-type.fixture.ts";
import type { GuardType } from "./guard-type.ts";
import { parseGuard } from "./parse-guard.ts";
import { type TypedGuard, typeGuard } from "./type-guard.ts";
import { type Inventory, unrollGuard } from "./unroll-guard.ts";

// CEL is the oracle: @bufbuild/cel evaluates the same text with its own parser, precedence and absorption of errors.
const ids = { controller: ["a", "b"], host: ["h-1"], empty: [] } as const;
const inventory: Inventory = {
  objectsOf: (type) => (Object.hasOwn(ids, type) ? ids[type as keyof typeof ids] : undefined),
  types: () => Object.keys(ids),
};
const boolean: GuardType = { kind: "boolean" };
const state: GuardType = { kind: "values", values: ["ok", "down", "it's"] };
const load: GuardType = { kind: "integer", min: -2, max: 3 };
const types = new Map<string, GuardType>([
  ["p", boolean],
  ["q", boolean],
  ["r", boolean],
  ["s", state],
  ["n", load],
  ["m", load],
  ...["a", "b"].flatMap((id): [string, GuardType][] => [
    [formatPath(["controller", id, "state"]), state],
    [formatPath(["controller", id, "load"]), load],
  ]),
  [formatPath(["host", "h-1", "state"]), state],
  [formatPath(["host", "h-1", "load"]), load],
]);
const scope = createScope(types);

const names: readonly string[] = [
  "p",
  "q",
  "r",
  "s",
  "n",
  "m",
  "controller.a.state",
  "controller.b.load",
  "host['h-1'].state",
];
const atoms = fc.constantFrom(
  "p",
  "q",
  "r",
  "true",
  "false",
  "n < 2",
  "m >= n",
  "n <= -1",
  "m != n",
  "n > 0",
  "s == 'ok'",
  's != "down"',
  "s in ['ok', 'it\\'s']",
  "n in [1, -2]",
  "p in [true]",
  "controller.a.state == s",
  "controller.b.load == n",
  "host['h-1'].state in ['down']",
  "n == m",
  "inventory.controller.all(x, x.state == 'ok')",
  "inventory.controller.exists(x, x.load < n && p)",
  "inventory.empty.all(x, x.state == s)",
  "inventory.empty.exists(x, true)",
  "inventory.controller.exists(x, x.id == 'a' && inventory.host.all(y, y.load >= x.load))",
);

// Random text and not random trees: parentheses, negations and chains come anywhere, so that precedence is tested too.
const guardTexts = fc.letrec<{ guard: string }>((tie) => ({
  guard: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    atoms,
    tie("guard").map((inner) => `(${inner})`),
    tie("guard").map((inner) => `!(${inner})`),
    tie("guard").map((inner) => `!${inner}`),
    fc
      .tuple(tie("guard"), fc.constantFrom("&&", "||", "==", "!=", "in [false] &&", " || "), tie("guard"))
      .map((parts) => parts.join(" ")),
  ),
})).guard;

const environments = fc
  .tuple(
    ...[...types.entries()].map(([key, type]) =>
      fc.constantFrom(...listValues(type)).map((value): [string, GuardValue] => [key, value]),
    ),
  )
  .map((entries) => new Map(entries));

function prepare(text: string): TypedGuard | undefined {
  const parsed = parseGuard(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error[0]?.message}`);
  const unrolled = unrollGuard(parsed.value, inventory);
  if (!unrolled.ok) throw new Error(`${text}: ${unrolled.error[0]?.message}`);
  const typed = typeGuard(unrolled.value, scope);
  return typed.ok ? typed.value : undefined;
}

type CelInput = Parameters<typeof run>[1];

function toBindings(known: ReadonlyMap<string, GuardValue>): CelInput {
  const object = (type: keyof typeof ids, id: string): Record<string, unknown> => ({
    ...valueOf("state", known.get(formatPath([type, id, "state"]))),
    ...valueOf("load", known.get(formatPath([type, id, "load"]))),
  });
  const bindings: Record<string, unknown> = { inventory: {} };
  for (const type of ["controller", "host", "empty"] as const) {
    bindings[type] = Object.fromEntries(ids[type].map((id) => [id, object(type, id)]));
    (bindings["inventory"] as Record<string, unknown>)[type] = ids[type].map((id) => ({ id, ...object(type, id) }));
  }
  for (const key of ["p", "q", "r", "s", "n", "m"]) Object.assign(bindings, valueOf(key, known.get(key)));
  return bindings as CelInput;
}

function valueOf(key: string, value: GuardValue | undefined): Record<string, unknown> {
  if (value === undefined) return {};
  return { [key]: typeof value === "number" ? BigInt(value) : value };
}

function runCel(text: string, known: ReadonlyMap<string, GuardValue>): unknown {
  const value = run(text, toBindings(known));
  return isCelError(value) ? undefined : value;
}

describe("agreement with CEL", () => {
  it("a guard and CEL agree on every text and state", () => {
    let agreedCount = 0;
    fc.assert(
      fc.property(guardTexts, environments, (text, known) => {
        const typed = prepare(text);
        if (typed === undefined) return;

        const ours = evaluateGuard(typed, (key) => known.get(key));

        expect(ours).toBe(runCel(text, known));
        agreedCount += 1;
      }),
      { seed: 1, numRuns: 1_500 },
    );
    expect(agreedCount).toBeGreaterThan(700);
  });

  it("with values missing, what is known and what is not agrees with CEL's absorption of errors", () => {
    let unknownCount = 0;
    const missing = fc.subarray([...types.keys()]);
    fc.assert(
      fc.property(guardTexts, environments, missing, (text, all, hidden) => {
        const typed = prepare(text);
        if (typed === undefined) return;
        const known = new Map([...all].filter(([key]) => !hidden.includes(key)));

        const ours = evaluateGuardPartial(typed, (key) => known.get(key));

        expect(ours).toBe(runCel(text, known));
        if (ours === undefined) unknownCount += 1;
      }),
      { seed: 2, numRuns: 1_500 },
    );
    expect(unknownCount).toBeGreaterThan(100);
  });

  it("whatever the fragment's parser accepts, CEL's accepts", () => {
    const pieces = fc.array(
      fc.constantFrom(
        "p",
        "n",
        "s",
        "!",
        "(",
        ")",
        "&&",
        "||",
        "==",
        "<",
        "in",
        "['x', 'y']",
        "[1]",
        ".b",
        "['k']",
        "-1",
        "'t\\n'",
        "true",
        "for",
        "in",
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join(" ");
        if (!parseGuard(text).ok) return;

        expect(() => parseCel(text)).not.toThrow();
      }),
      { seed: 3, numRuns: 3_000 },
    );
  });
});

describe("a guard of which not every name is known", () => {
  it("a partial answer holds under every completion", () => {
    fc.assert(
      fc.property(
        guardTexts,
        environments,
        environments,
        fc.subarray([...types.keys()]),
        (text, known, others, hidden) => {
          const typed = prepare(text);
          if (typed === undefined) return;

          const partial = evaluateGuardPartial(typed, (key) => (hidden.includes(key) ? undefined : known.get(key)));

          const completed = evaluateGuard(typed, (key) => (hidden.includes(key) ? others : known).get(key));
          if (partial !== undefined) expect(partial).toBe(completed);
        },
      ),
      { seed: 5, numRuns: 1_000 },
    );
  });

  it("every name is read by some guard of these tests", () => {
    const read = new Set(
      fc
        .sample(guardTexts, { seed: 6, numRuns: 500 })
        .flatMap((text) => prepare(text)?.reads.map(({ key }) => key) ?? []),
    );

    for (const name of names) expect(read).toContain(name);
  });
});
