import { describe, expect, it } from "vitest";
import { codes, problem } from "./codes.ts";
import { digestText } from "./digest.ts";
import { isNextStep } from "./next-step.ts";

const plan = digestText("interlock.plan/1", "a plan");

describe("a next step from outside", () => {
  it("is taken with the fields it has, and with fewer", () => {
    const steps = [
      { do: "init" },
      { do: "approve" },
      { do: "approve", plan },
      { do: "resolve", run: "run_1", step: "a", as: "not_applied" },
      { do: "restore_bodies", run: "run_1" },
    ];

    expect(steps.filter((step) => !isNextStep(step))).toEqual([]);
  });

  it("is refused with a field too many, a field of another type, or a name that is not known", () => {
    const wrong: readonly unknown[] = [
      null,
      "init",
      [],
      {},
      { do: 1 },
      { do: "constructor" },
      { do: "init", plan },
      { do: "approve", plan: "pl_1" },
      { do: "approve", plan: undefined },
      { do: "resolve", as: "maybe" },
      { do: "resume", run: 7 },
      { do: "resume", constructor: "run_1" },
    ];

    expect(wrong.filter((step) => isNextStep(step))).toEqual([]);
  });
});

describe("a problem's next step", () => {
  it("is its code's, unless the place gives a hint or a step of its own", () => {
    const own = problem("E_LOCKED", "", "m", "h", { do: "watch", run: "run_1" });

    expect(problem("E_LOCKED", "", "m").next).toEqual({ do: "show_locks" });
    expect(problem("E_LOCKED", "", "m", undefined, { do: "list_runs" })).toMatchObject({
      hint: codes.E_LOCKED.hint,
      next: { do: "list_runs" },
    });
    expect(own).toMatchObject({ hint: "h", next: { do: "watch", run: "run_1" } });
  });

  it("is absent where there is none, so that records of old keep their bytes", () => {
    expect(Object.keys(problem("E_TIMEOUT", "", "m"))).toEqual(["code", "pointer", "message", "hint"]);
    expect(Object.keys(problem("E_LOCKED", "", "m", "wait"))).toEqual(["code", "pointer", "message", "hint"]);
  });

  it("is one that a reader of the log takes back", () => {
    const steps = Object.values(codes).flatMap(({ next }) => (next === undefined ? [] : [next]));

    expect(steps.length).toBeGreaterThan(20);
    expect(steps.filter((step) => !isNextStep(JSON.parse(JSON.stringify(step))))).toEqual([]);
  });
});
