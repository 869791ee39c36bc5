import { describe, expect, it } from "vitest";
import { problem } from "../../value/codes.ts";
import { doubtPollMs } from "../due/due.ts";
import { attempt, begin, codesOf, finish, kindsOf, order, phaseOf, replies } from "../fixtures/course.fixture.ts";
import { dueFor, give, read, type TestDriver } from "../fixtures/driver.fixture.ts";
import type { ObserveCommand } from "../words/command.ts";
import type { Decision } from "../words/decision.ts";

// A post-condition that has to hold for a while: `within` is the time to settle, and `hold` comes after it.

const holdMs = 250;

function written(): { readonly driver: TestDriver; readonly command: ObserveCommand } {
  const driver = begin([{ id: "a", holdMs, onFailure: "rollback" }]);
  attempt(driver, "a", replies.applied);
  const command = dueFor(driver, "observe", "a");
  expect(command.untilMs).toBe(driver.nowMs + 5_000 + holdMs);
  return { driver, command };
}

function failToRead(driver: TestDriver, command: ObserveCommand): Decision {
  return give(driver, {
    kind: "observed",
    atMs: driver.nowMs,
    runId: "run_1",
    commandId: command.id,
    standing: { kind: "permitted" },
    result: { kind: "failed", problem: problem("E_OBSERVE", "", "gone") },
  });
}

describe("the break of a hold", () => {
  it("fails the step at once when no time is left to hold anew, and the way back begins", () => {
    const { driver, command } = written();
    driver.levels.set("a", 0);

    driver.nowMs += 5_001;
    read(driver, command, { heldMs: 0, held: [] });

    expect(driver.nowMs).toBeLessThan(command.untilMs);
    expect(codesOf(driver)).toContain("E_POST_FAILED");
    expect(phaseOf(driver)).toBe("compensating");
  });

  it("decides nothing while there is time to settle: the count begins anew", () => {
    const { driver, command } = written();
    driver.levels.set("a", 0);

    driver.nowMs += 5_000;

    expect(kindsOf(read(driver, command, { heldMs: 0 }))).toEqual([]);
  });

  it("is not shown by a reading that failed", () => {
    const { driver, command } = written();

    driver.nowMs += 5_001;

    expect(kindsOf(failToRead(driver, command))).toEqual([]);
  });

  it("is not shown by a hold that began late: only the end of the time decides", () => {
    const { driver, command } = written();

    driver.nowMs += 5_100;
    const late = kindsOf(read(driver, command, { heldMs: 100 }));
    driver.nowMs = command.untilMs;
    read(driver, command, { heldMs: holdMs - 1 });

    expect(late).toEqual([]);
    expect(codesOf(driver)).toContain("E_POST_FAILED");
  });
});

describe("a doubt about a write that has to hold", () => {
  it("is read for as long as the hold takes, so that a reading can settle it", () => {
    const driver = begin([{ id: "a", idempotency: "none", holdMs: 3 * doubtPollMs }]);
    attempt(driver, "a", replies.unknown);
    driver.levels.set("a", 1);

    const command = dueFor(driver, "observe", "a");

    expect(command).toMatchObject({ holdMs: 3 * doubtPollMs, quietMs: 3 * doubtPollMs });
    expect(kindsOf(read(driver, command))).toContain("step_settled");
  });

  it("is not read that long for its way back, which need not hold", () => {
    const driver = begin([
      { id: "a", idempotency: "none", holdMs: 3 * doubtPollMs },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    order(driver, "rollback");
    attempt(driver, "a", replies.unknown);

    expect(dueFor(driver, "observe", "a")).toMatchObject({ purpose: "undo_after", quietMs: doubtPollMs });
  });
});
