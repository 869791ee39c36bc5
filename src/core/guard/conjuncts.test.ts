import { expect, it } from "vitest";
import { limits } from "../value/limits.ts";
import { conjunctsOf, describeConjunct, judgeConjunct } from "./conjuncts.ts";

it("an invariant is judged by its conditions, each by what is known of it", () => {
  const [first, second] = conjunctsOf({ name: "n", holds: "(box.a.up || box.b.up) && box.c.level <= 3" });
  if (first === undefined || second === undefined) throw new Error("there are two conditions");

  expect([first.facts, second.facts]).toEqual([["box.a.up", "box.b.up"], ["box.c.level"]]);
  expect(judgeConjunct(first, (name) => (name === "box.a.up" ? true : undefined))).toBe("holds");
  expect(judgeConjunct(first, (name) => (name === "box.a.up" ? false : undefined))).toBe("unknown");
  expect(judgeConjunct(first, () => false)).toBe("broken");
  expect(describeConjunct(first, (name) => (name === "box.a.up" ? false : undefined))).toBe(
    "`box.a.up || box.b.up`: `box.a.up` is false, `box.b.up` is unknown",
  );
});

it("a message shows the beginning of a long condition and a few of its values", () => {
  const holds = Array.from({ length: 40 }, (_, index) => `box.x${index}.mode == 'on'`).join(" || ");
  const [part] = conjunctsOf({ name: "n", holds });
  if (part === undefined) throw new Error("there is a condition");

  const told = describeConjunct(part, () => "off");

  expect(told.length).toBeLessThan(500);
  expect(told).toContain("…`: `box.x0.mode` is 'off'");
  expect(told).toMatch(/, and 34 more$/);
});

it("a guard that is empty, or larger than a guard may be, has no conditions", () => {
  const long = "a".repeat(limits.planBytesMax + 1);

  expect([conjunctsOf({ name: "n", holds: "" }), conjunctsOf({ name: "n", holds: long })]).toEqual([[], []]);
});
