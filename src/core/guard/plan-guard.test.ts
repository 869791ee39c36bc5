import { describe, expect, it } from "vitest";
import { describeUnmet, parsePlanGuard } from "./plan-guard.ts";

function unmet(source: string, known: Readonly<Record<string, boolean | number | string>>): string {
  const guard = parsePlanGuard(source);
  if (guard === null) throw new Error("the guard is not empty");
  return describeUnmet(guard, (key) => known[key]);
}

describe("describeUnmet", () => {
  it("names the first condition that does not hold, and how many more", () => {
    expect(
      unmet("t.a.up && t.b.up && t.c.n > 3 && t.d.up", { "t.a.up": true, "t.b.up": false, "t.c.n": 2, "t.d.up": true }),
    ).toBe("`t.b.up` and 1 more of its conditions; found `t.b.up` = false");
  });

  it("takes what is not known for what does not hold", () => {
    expect(unmet("t.a.up && t.b.up", { "t.a.up": true })).toBe("`t.b.up`; found `t.b.up` = unknown");
  });

  it("shows a guard that is no conjunction whole", () => {
    expect(unmet("t.a.up || t.b.up", { "t.a.up": false, "t.b.up": false })).toBe(
      "`t.a.up || t.b.up`; found `t.a.up` = false, `t.b.up` = false",
    );
  });

  it("shows the values of a few facts, and how many more there are", () => {
    const text = unmet("t.a.n == 1 || t.b.n == 1 || t.c.n == 1 || t.d.n == 1 || t.e.n == 1", { "t.a.n": 7 });

    expect(text).toContain("; found `t.a.n` = 7, `t.b.n` = unknown, `t.c.n` = unknown, `t.d.n` = unknown, and 1 more");
  });
});
