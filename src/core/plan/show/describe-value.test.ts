import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ValueType } from "../../domain/domain.ts";
import { describeDuration, describeSize, describeWholeType } from "./describe-value.ts";

describe("describeWholeType", () => {
  it("is written for people: no braces, no `kind`", () => {
    const types: readonly ValueType[] = [
      { kind: "boolean" },
      { kind: "values", values: ["on", "off"] },
      { kind: "integer", min: 0, max: 3 },
      { kind: "number", min: 0, max: 0.5 },
      { kind: "string", lengthMax: 1, charset: "identifier" },
      { kind: "object", of: "lamp" },
      { kind: "path", lengthMax: 200 },
      { kind: "url", hosts: ["a.example", "b.example"] },
      { kind: "list", of: { kind: "string", lengthMax: 80, charset: "line" }, countMax: 4 },
      { kind: "record", fields: [{ name: "lit", type: { kind: "boolean" } }] },
    ];

    expect(types.map(describeWholeType)).toEqual([
      "true or false",
      'one of "on", "off"',
      "a whole number from 0 to 3",
      "a number from 0 to 0.5",
      "an identifier of at most 1 character",
      "any lamp of the inventory",
      "a relative path of at most 200 characters",
      'an address at "a.example" or "b.example"',
      "a list of at most 4, each a line of text of at most 80 characters",
      'an object with "lit" (true or false)',
    ]);
  });

  it("names every value, however many there are", () => {
    const values = Array.from({ length: 40 }, (_, index) => `v${index}`);

    for (const value of values) expect(describeWholeType({ kind: "values", values })).toContain(`"${value}"`);
  });
});

describe("amounts", () => {
  it("are shown in the units people think in", () => {
    expect([0, 999, 1_000, 1_500, 60_000, 3_632_000, 86_400_000, 61_001].map(describeDuration)).toEqual([
      "0 ms",
      "999 ms",
      "1 s",
      "1.5 s",
      "1 min",
      "1 h 32 s",
      "24 h",
      "1 min 1.001 s",
    ]);
    expect([1, 999, 1_000, 10_000_000, 22_880_001].map(describeSize)).toEqual([
      "1 byte",
      "999 bytes",
      "1 kB",
      "10 MB",
      "22.880001 MB",
    ]);
  });

  it("are never rounded: two that differ read differently (I16)", () => {
    fc.assert(
      fc.property(fc.nat(200_000_000), fc.nat(200_000_000), (left, right) => {
        expect(describeDuration(left) === describeDuration(right)).toBe(left === right);
        expect(describeSize(left) === describeSize(right)).toBe(left === right);
      }),
    );
  });
});
