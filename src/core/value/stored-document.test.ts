import { describe, expect, it } from "vitest";
import { digest } from "./digest.ts";
import { InvariantError } from "./invariant.ts";
import { storedDocument } from "./stored-document.ts";

describe("a stored document", () => {
  it("carries the digest of its own content under its own format", () => {
    const report = { rows: [1, { note: "late" }], total: null };

    const stored = storedDocument("interlock.report/1", report);

    expect(stored).toEqual({ digest: digest("interlock.report/1", report), value: report });
    expect(stored.digest).not.toBe(storedDocument("interlock.plan/1", report).digest);
  });

  it("keeps the very value it was given", () => {
    const report = { rows: [] };

    expect(storedDocument("interlock.report/1", report).value).toBe(report);
  });

  it.each([
    ["undefined in a field", { note: undefined }],
    ["a function", { rows: [() => 1] }],
    ["a number that is not finite", { total: Number.NaN }],
    ["an instance of a class", { rows: new Map() }],
    ["a lone surrogate", { note: "\ud800" }],
  ])("is never made of %s", (_name, value) => {
    expect(() => storedDocument("interlock.report/1", value)).toThrow(InvariantError);
  });
});
