import { describe, expect, it } from "vitest";
import { attempt, begin, finish, order, phaseOf, replies } from "../fixtures/course.fixture.ts";
import { answer, dueNow, give, land, read, runToRest, type TestDriver } from "../fixtures/driver.fixture.ts";
import type { StepSketch } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";

/** The end of a run as its log has it. */
function endOf(driver: TestDriver): { readonly outcome: string; readonly reason: string; readonly failed: unknown } {
  const ended = driver.records.at(-1)?.event;
  if (ended?.kind !== "run_ended") return expect.fail("the run has not ended");
  return { outcome: ended.outcome, reason: ended.reason, failed: ended.failed ?? [] };
}

/** Runs to the end. Some boxes refuse every write. Some acknowledge it and do something else. */
function runWith(driver: TestDriver, boxes: { readonly refusing?: string; readonly wilful?: string }): void {
  for (let round = 0; round < 10_000; round += 1) {
    const command = dueNow(driver).find(({ kind }) => kind !== "timer") ?? dueNow(driver)[0];
    if (command === undefined) return;
    if (command.kind === "timer") {
      driver.nowMs = command.atMs;
      give(driver, { kind: "tick", atMs: driver.nowMs, runId: command.runId });
    } else if (command.kind === "observe") {
      if (command.purpose === "after") driver.nowMs = Math.max(driver.nowMs, command.untilMs);
      read(driver, command);
    } else if (command.kind === "send") {
      const { box } = command.call.with as { readonly box: string };
      if (boxes.refusing?.includes(box) !== true) land(driver, command);
      if (boxes.wilful?.includes(box) === true && command.attempt.direction === "do") driver.levels.set(box, 7);
      answer(driver, command, boxes.refusing?.includes(box) === true ? replies.rejected : replies.applied);
    }
  }
}

function branching(ids: string): readonly StepSketch[] {
  return [...ids].map((id) => ({ id, onFailure: "branch" as const, landsWithinMs: 0 }));
}

describe("a run that reaches its ending", () => {
  it("says that every step was done and verified only if every step was", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);

    runToRest(driver);

    expect(endOf(driver)).toEqual({ outcome: "succeeded", reason: "every step was done and verified", failed: [] });
  });

  it("says that the goal holds only if the plan has one, which was read", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 1" });

    runToRest(driver);

    expect(endOf(driver).reason).toBe("every step was done and verified, and the goal holds");
  });

  it("does not call reads verified, and says that nothing was written", () => {
    const driver = begin([{ id: "p", kind: "probe" }]);

    runToRest(driver, () => "yes");

    expect(endOf(driver).reason).toBe("every step was done; nothing was written");
  });

  it("counts what was done and names what failed, and has another outcome", () => {
    const driver = begin(branching("abcde"), { goal: "box.a.level == 1" });

    runWith(driver, { refusing: "bd" });

    expect(endOf(driver)).toEqual({
      outcome: "succeeded_in_part",
      reason: "3 of 5 done and verified; 2 failed, tolerated: box/b, box/d; the goal holds",
      failed: [
        { stepId: "b", target: "box/b", touched: false },
        { stepId: "d", target: "box/d", touched: false },
      ],
    });
  });

  it("names as touched what the target acknowledged and did otherwise", () => {
    const driver = begin(branching("ab"));

    runWith(driver, { wilful: "b" });

    expect(endOf(driver)).toEqual({
      outcome: "succeeded_in_part",
      reason: "1 of 2 done and verified; 1 failed, tolerated: box/b; touched and not restored: box/b",
      failed: [{ stepId: "b", target: "box/b", touched: true }],
    });
    expect(driver.run === null ? null : viewRun(driver.run)).toMatchObject({
      outcome: "succeeded_in_part",
      wrote: ["a", "b"],
      failed: [{ stepId: "b", target: "box/b", touched: true }],
    });
  });

  it("claims no step that was not needed, and no answer that nobody gave", () => {
    const driver = begin([
      { id: "ask", kind: "approve", forMs: 900 },
      { id: "p", kind: "probe", pre: "box.a.level == 4", onFailure: "branch" },
      { id: "a", after: ["ask"], when: "ask == 'approved'" },
      { id: "b", after: ["ask"], when: "ask == 'expired'" },
    ]);

    runToRest(driver);

    expect(endOf(driver)).toEqual({
      outcome: "succeeded_in_part",
      reason: "1 of 1 done and verified; 1 failed, tolerated: p; 1 without an answer: ask; 1 left out",
      failed: [{ stepId: "p", target: null, touched: false }],
    });
  });

  it("names ten of many, and how many more there are", () => {
    const driver = begin(branching("abcdefghijkl"));

    runWith(driver, { refusing: "abcdefghijkl" });

    expect(endOf(driver).reason).toMatch(
      /^0 of 12 done and verified; 12 failed, tolerated: (?:box\/[a-j], ){9}box\/j and 2 more$/,
    );
  });
});

describe("a run that ends before its ending", () => {
  it("lists what failed and was left as it is, and not what was put back", () => {
    const left = begin([{ id: "a" }, { id: "b", after: ["a"], onFailure: "escalate", landsWithinMs: 0 }]);
    const undone = begin([{ id: "a" }, { id: "b", after: ["a"], onFailure: "rollback", landsWithinMs: 0 }]);

    runWith(left, { wilful: "b" });
    runWith(undone, { wilful: "b" });

    expect(endOf(left)).toMatchObject({
      outcome: "escalated",
      failed: [{ stepId: "b", target: "box/b", touched: true }],
    });
    expect([phaseOf(undone), endOf(undone).failed]).toEqual(["compensated", []]);
  });

  it("lists a step whose way back it began and did not finish", () => {
    const asked = begin([{ id: "a" }, { id: "w", kind: "wait", after: ["a"] }]);
    const sent = begin([{ id: "a" }, { id: "w", kind: "wait", after: ["a"] }]);
    for (const driver of [asked, sent]) {
      finish(driver, "a");
      order(driver, "rollback");
    }
    attempt(sent, "a", replies.unknown);
    expect(viewRun(sent.run ?? expect.fail()).failed).toEqual([]);

    order(asked, "kill");
    order(sent, "kill");
    order(sent, "close");

    const half = [{ stepId: "a", target: "box/a", touched: true }];
    expect([endOf(asked), endOf(sent)]).toMatchObject([
      { outcome: "stopped", failed: half },
      { outcome: "closed", failed: half },
    ]);
  });
});
