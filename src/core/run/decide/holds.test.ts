import { describe, expect, it } from "vitest";
import { acknowledged, attempt, begin, phaseOf } from "../fixtures/course.fixture.ts";
import { alice, dueFor, dueNow, give, read, runToRest, testDriver } from "../fixtures/driver.fixture.ts";
import { viewRun } from "../tell/view.ts";

describe("the site", () => {
  it("is frozen once and thawed once", () => {
    const driver = testDriver();
    const freeze = { atMs: 1_000, runId: null, scope: "boxes", by: alice, reason: "" } as const;

    const kinds = (["unfreeze", "freeze", "freeze", "unfreeze"] as const).map(
      (kind) => give(driver, { ...freeze, kind }).kind,
    );

    expect(kinds).toEqual(["refused", "accepted", "refused", "accepted"]);
  });

  it("goes on holding if a freeze comes during a cooldown, and lets go when it is lifted", () => {
    const driver = begin([
      { id: "a", box: "x", level: 1, cooldownMs: 500 },
      { id: "b", after: ["a"], box: "x", level: 2, cooldownMs: 500 },
    ]);
    attempt(driver, "a", acknowledged(null));
    read(driver, dueFor(driver, "observe", "a"));
    read(driver, dueFor(driver, "observe", "b"));
    const freeze = { runId: null, scope: "box/x", by: alice, reason: "" } as const;
    give(driver, { ...freeze, kind: "freeze", atMs: 1_100 });
    give(driver, { kind: "tick", atMs: 1_500, runId: "run_1" });
    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([{ kind: "site", untilMs: null }]);

    give(driver, { ...freeze, kind: "unfreeze", atMs: 1_600 });
    give(driver, { kind: "tick", atMs: 1_600, runId: "run_1" });
    driver.nowMs = 1_600;
    runToRest(driver);

    expect(phaseOf(driver)).toBe("succeeded");
  });

  it("holds a rate over several runs of one target", () => {
    const rate = { count: 1, perMs: 1_000 };
    const driver = begin([
      { id: "a", box: "x", level: 1, rate },
      { id: "b", after: ["a"], box: "x", level: 2, rate },
    ]);
    attempt(driver, "a", acknowledged(null));
    read(driver, dueFor(driver, "observe", "a"));
    read(driver, dueFor(driver, "observe", "b"));

    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([
      { stepId: "b", kind: "site", untilMs: 2_000 },
    ]);
    give(driver, { kind: "tick", atMs: 1_999, runId: "run_1" });
    expect(dueNow(driver).map((command) => command.kind)).toEqual(["timer"]);
  });
});
