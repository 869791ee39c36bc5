import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalText, type PlainData } from "../core/value/canonical.ts";
import { copyPlain } from "./copy-plain.ts";

const limits = { levelsMax: 8, unitsMax: 10_000 };

/** Values of every kind that JavaScript has, nested. */
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, undefined, true, Number.NaN, Number.POSITIVE_INFINITY, -0, 1n, Symbol("s"), () => 1),
    fc.double(),
    fc.string({ unit: "binary" }),
    fc.date(),
    fc.constantFrom(new Map(), /x/, new Uint8Array(1), new Error("e")),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value"), { maxKeys: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: false }),
  ),
})).value;

describe("a copy of what a port answered", () => {
  it("is made of exactly the values that can be sealed, and seals to the same text", () => {
    const sealed = (value: unknown): string | null => {
      try {
        return canonicalText(value as PlainData);
      } catch {
        return null;
      }
    };
    fc.assert(
      fc.property(anything, (value) => {
        const copy = copyPlain(value, limits);

        expect(copy.ok ? canonicalText(copy.value as PlainData) : null).toBe(sealed(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it("shares nothing with the answer, so that a port cannot change it later", () => {
    const answer = { list: [{ a: 1 }] };
    const copy = copyPlain(answer, limits);

    answer.list[0] = { a: 2 };
    answer.list.push({ a: 3 });

    expect(copy).toEqual({ ok: true, value: { list: [{ a: 1 }] } });
  });

  it("reads each field once, so that a getter cannot show another value later", () => {
    let looks = 0;
    const copy = copyPlain(
      {
        get kind() {
          looks += 1;
          return looks;
        },
      },
      limits,
    );

    expect([copy, looks]).toEqual([{ ok: true, value: { kind: 1 } }, 1]);
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  const throwing = {
    get a(): never {
      throw new Error("no");
    },
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  it.each([
    ["is nested too deep", cycle],
    ["is nested too deep", JSON.parse(`${"[".repeat(9)}${"]".repeat(9)}`)],
    ["is too large", "x".repeat(10_000)],
    ["is too large", Array.from({ length: 10_000 }, () => ({}))],
    ["is too large", { ["k".repeat(10_000)]: "" }],
    ["holds the key `__proto__`", JSON.parse('{"__proto__": {"kind": "permit"}}')],
    ["holds undefined", { etag: undefined }],
    ["holds undefined", new Array(2)],
    ["holds a bigint", [1n]],
    ["holds a function", { toJSON: () => 1 }],
    ["holds a number that is not finite", { a: Number.NaN }],
    ["holds an object of a class", { at: new Date(0) }],
    ["holds an object of a class", Object.create({ kind: "applied" })],
    ["holds a text with half a surrogate pair", ["\ud800"]],
    ["holds a key with half a surrogate pair", { "\udfff": 1 }],
    ["throws when it is read", throwing],
    ["throws when it is read", revoked.proxy],
  ])("is not made where it %s", (flaw, answer) => {
    expect(copyPlain(answer, limits)).toEqual({ ok: false, error: flaw });
  });
});
