import { describe, expect, it } from "vitest";
import { acknowledged, attempt, begin, codesOf, phaseOf } from "../fixtures/course.fixture.ts";
import { dueFor, dueNow, give, read, runToRest } from "../fixtures/driver.fixture.ts";

const failed = { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } as const;

describe("several endings", () => {
  it.each(["first", "second", "third"])("that come up together leave the one that holds: %s", (outcomeOfProbe) => {
    const names = ["first", "second", "third"];
    const driver = begin([
      { id: "p", kind: "probe", outcomes: names },
      ...names.map((name) => ({ id: name, kind: "end" as const, after: ["p"], when: `p == '${name}'` })),
    ]);

    runToRest(driver, () => outcomeOfProbe);

    expect(phaseOf(driver)).toBe("succeeded");
    expect(dueNow(driver)).toEqual([]);
  });
});

describe("the goal", () => {
  it("that does not hold at the end escalates", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 2" });

    runToRest(driver);

    expect(phaseOf(driver)).toBe("escalated");
    expect(codesOf(driver)).toEqual(["E_GOAL_NOT_REACHED"]);
  });

  it("that cannot be read while there is time is asked again", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 1" });
    attempt(driver, "a", acknowledged(null));
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "observe", "end");
    const observed = {
      kind: "observed",
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: failed },
    } as const;

    expect(give(driver, { ...observed, atMs: 1_000 }).events).toEqual([]);
    expect(dueFor(driver, "observe", "end")).toEqual(command);
    give(driver, { ...observed, atMs: command.untilMs });

    expect(phaseOf(driver)).toBe("escalated");
  });
});

describe("a plan the compiler should not have let through", () => {
  it("without an ending on the path taken escalates instead of waiting for ever", () => {
    const driver = begin([
      { id: "p", kind: "probe" },
      { id: "end", kind: "end", after: ["p"], when: "p == 'no'" },
    ]);

    runToRest(driver, () => "yes");

    expect(codesOf(driver)).toEqual(["E_NO_ENDING"]);
  });
});
