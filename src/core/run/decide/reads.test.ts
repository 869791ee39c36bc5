import { describe, expect, it } from "vitest";
import { acknowledged, attempt, begin, codesOf, phaseOf, replies } from "../fixtures/course.fixture.ts";
import { answer, dueFor, dueNow, give, read, runToRest, startOf, testDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";

describe("a read", () => {
  it("that gets no answer is tried as often as declared, and then its outcome is `no_answer`", () => {
    const driver = begin([{ id: "p", kind: "probe", attemptsMax: 2 }]);
    answer(driver, dueFor(driver, "send", "p"), replies.unknown);
    give(driver, { kind: "tick", atMs: 1_100, runId: "run_1" });

    answer(driver, dueFor(driver, "send", "p"), replies.unknown);

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_settled" ? [event.outcome] : []))).toEqual([
      "no_answer",
    ]);
  });

  it("that is refused for now starts again", () => {
    const driver = begin([{ id: "p", kind: "probe" }]);
    answer(driver, dueFor(driver, "send", "p"), replies.busy);
    give(driver, { kind: "tick", atMs: 1_100, runId: "run_1" });

    expect(dueFor(driver, "send", "p").attempt.n).toBe(2);
  });

  it("whose classifier matches nothing is `none_of_these`", () => {
    const driver = begin([{ id: "p", kind: "probe" }]);

    answer(driver, dueFor(driver, "send", "p"), { kind: "applied", output: null, outputBytes: 0, outcome: null });

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_settled" ? [event.outcome] : []))).toEqual([
      "none_of_these",
    ]);
  });
});

describe("a read beside other things", () => {
  it("waits while a sibling is in doubt, without a timer that leads nowhere, and goes on when it is settled", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "p", kind: "probe" },
      { id: "q", kind: "probe", after: ["p"] },
      { id: "r", kind: "probe" },
    ]);
    answer(driver, dueFor(driver, "send", "r"), replies.unknown);
    attempt(driver, "a", replies.unknown);
    answer(driver, dueFor(driver, "send", "p"), acknowledged(null));

    expect(dueNow(driver).map((command) => command.id)).toEqual([
      "run_1/a/after/2",
      expect.stringMatching(/^run_1\/timer\/86/),
    ]);
    driver.levels.set("a", 1);
    read(driver, dueFor(driver, "observe", "a"));

    expect(dueFor(driver, "send", "q").attempt.n).toBe(1);
    give(driver, { kind: "tick", atMs: 1_100, runId: "run_1" });
    expect(dueFor(driver, "send", "r").attempt.n).toBe(2);
  });

  it("with a precondition reads the world first, and is not sent when it does not hold", () => {
    const driver = begin([{ id: "p", kind: "probe", pre: "box.z.level == 1" }]);
    read(driver, dueFor(driver, "observe", "p"));

    expect(codesOf(driver)[0]).toBe("E_STEP_PRECONDITION");
  });

  it("runs under a policy's permit alone, in a plan that writes nothing", () => {
    const driver = testDriver();
    const input = startOf(planOf([{ id: "p", kind: "probe" }]), driver);

    give(driver, { ...input, authorization: { kind: "read_only", policies: null } });
    runToRest(driver, () => "yes");

    expect(phaseOf(driver)).toBe("succeeded");
  });
});
