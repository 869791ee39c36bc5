import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortedUnique } from "./sorted-unique.ts";

describe("sortedUnique", () => {
  it("gives every text once, by code units and not by the rules of a language", () => {
    expect(sortedUnique(["b", "é", "a", "B", "b"])).toEqual(["B", "a", "b", "é"]);
  });

  it("does not depend on the order or the repetitions of the items", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (items) => {
        expect(sortedUnique([...items, ...items].reverse())).toEqual(sortedUnique(items));
      }),
    );
  });
});
