import { describe, expect, it } from "vitest";
import type { ValueType } from "../../domain/domain.ts";
import { describeWholeType } from "./describe-value.ts";

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
