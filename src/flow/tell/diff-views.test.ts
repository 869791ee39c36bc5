import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../core/value/json-value.ts";
import { diffViews } from "./diff-views.ts";

describe("the differences between two documents", () => {
  it("are listed place by place", () => {
    expect(
      diffViews(
        { phase: "running", steps: [{ id: "a", n: 1 }], same: true },
        { phase: "ended", steps: [{ id: "a", n: 2 }, { id: "b" }], same: true },
      ),
    ).toEqual([
      { pointer: "/phase", then: "running", now: "ended" },
      { pointer: "/steps/0/n", then: 1, now: 2 },
      { pointer: "/steps/1", then: null, now: { id: "b" } },
    ]);
  });

  it("are none between a document and itself", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // fast-check's JSON is JSON.
        expect(diffViews(value as JsonValue, structuredClone(value) as JsonValue)).toEqual([]);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it("are a whole value if one is an array and the other an object", () => {
    expect(diffViews([1], { 0: 1 })).toEqual([{ pointer: "", then: [1], now: { 0: 1 } }]);
  });
});
