import { describe, expect, it } from "vitest";
import { parseGuard } from "./parse-guard.ts";

describe("a guard that calculates", () => {
  it.each(["a.x.b + a.x.c == 100", "a.x.b * 2 == 4", "a.x.b / 2 == 1", "a.x.b % 2 == 0", "a.x.b - 1 == 0"])(
    "is refused, and the hint says how to say it instead: %s",
    (text) => {
      const parsed = parseGuard(text, "/invariants/sum");

      expect(parsed.ok ? [] : parsed.error).toMatchObject([
        { code: "E_GUARD_PARSE", hint: expect.stringMatching(/^guards do not calculate: list the cases/) },
      ]);
    },
  );

  it("is told from one that is cut short, or that calls something", () => {
    const hintOf = (text: string): string => {
      const parsed = parseGuard(text, "");
      return parsed.ok ? "" : (parsed.error[0]?.hint ?? "");
    };

    expect(hintOf("a.x.b ==")).not.toContain("calculate");
    expect(hintOf("count(a.x) == 1")).toContain("guards call nothing but");
  });
});
