// Short courses of what `npm run fuzz` does for as long as one likes.
import { describe, expect, it } from "vitest";
import { createRng } from "../../src/core/value/rng.ts";
import { type FuzzTarget, fuzz } from "./fuzz.ts";
import { mutateText } from "./mutate.ts";
import { fuzzTargets } from "./targets.ts";

const caseCounts: Readonly<Record<string, number>> = {
  alert: 600,
  socket: 400,
  archive: 400,
  proposal: 300,
  pack: 40,
  cassette: 600,
  answer: 800,
};

describe("the ways in", () => {
  it.each(fuzzTargets)("$name takes or refuses what strangers write, and goes on", async (target) => {
    const count = caseCounts[target.name] ?? 0;

    const { caseCount, takenCount, failure } = await fuzz(target, { seed: 1, until: (played) => played >= count });

    expect([failure, caseCount]).toEqual([null, count]);
    // Inputs that are all refused at once try next to nothing.
    expect(takenCount).toBeGreaterThan(0);
    expect(takenCount).toBeLessThan(count);
  });
});

describe("a course", () => {
  const breaking: FuzzTarget = {
    name: "breaking",
    open: async () => ({
      play: (rng) => {
        if (rng.below(100) === 7) throw new Error("broke");
        return true;
      },
      close: async () => undefined,
    }),
  };

  it("stops at a case that fails, and that case fails again alone", async () => {
    const { failure } = await fuzz(breaking, { seed: 3, until: (played) => played >= 5_000 });
    const again = await fuzz(breaking, { seed: 3, until: () => false, only: failure?.index ?? 0 });

    expect(failure?.message).toContain("broke");
    expect([again.caseCount, again.failure?.index]).toEqual([1, failure?.index]);
  });

  it("is the same for the same seed, and another one for another", () => {
    const course = (seed: number): string => mutateText(createRng(seed), "some text to change in many places");

    expect(course(1)).toBe(course(1));
    expect(new Set([1, 2, 3, 4, 5].map(course)).size).toBeGreaterThan(3);
  });
});
