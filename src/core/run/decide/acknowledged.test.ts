import { describe, expect, it } from "vitest";
import type { Plan } from "../../plan/plan.ts";
import {
  begin,
  beginPlan,
  codesOf,
  finish,
  kindsOf,
  order,
  phaseOf,
  replies,
  resolve,
  stateOf,
} from "../fixtures/course.fixture.ts";
import { answer, dueFor, eventKinds, give, read, runToRest, type TestDriver } from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";
import type { Reply } from "../words/input.ts";

const failed = { code: "E_OBSERVE", pointer: "", message: "no answer", hint: "" } as const;

/** Sends a step's call and answers it. Nothing lands. */
function acknowledge(driver: TestDriver, stepId: string, reply: Reply = replies.applied): void {
  if (stateOf(driver, stepId).kind !== "sent") read(driver, dueFor(driver, "observe", stepId));
  answer(driver, dueFor(driver, "send", stepId), reply);
}

/** Reads for a step when the time of that reading is over. */
function readAtLast(driver: TestDriver, stepId: string, waitedMs?: number): readonly string[] {
  const command = dueFor(driver, "observe", stepId);
  driver.nowMs = Math.max(driver.nowMs, command.untilMs);
  return kindsOf(read(driver, command, waitedMs === undefined ? {} : { waitedMs }));
}

/** Fails to read for a step when the time of that reading is over. */
function failAtLast(driver: TestDriver, stepId: string): void {
  const command = dueFor(driver, "observe", stepId);
  driver.nowMs = Math.max(driver.nowMs, command.untilMs);
  give(driver, {
    kind: "observed",
    atMs: driver.nowMs,
    runId: "run_1",
    commandId: command.id,
    standing: { kind: "permitted" },
    result: { kind: "failed", problem: failed },
  });
}

/** A run whose step `a` was acknowledged, and whose effect was not there when its time was over. */
function unseen(sketch: Partial<StepSketch> = {}): TestDriver {
  const driver = begin([{ id: "a", ...sketch }]);
  acknowledge(driver, "a");
  readAtLast(driver, "a");
  return driver;
}

/** The message of the last problem that was recorded. */
function lastMessage(driver: TestDriver): string | undefined {
  return driver.records
    .flatMap(({ event }) => ("problem" in event && event.problem !== null ? [event.problem.message] : []))
    .at(-1);
}

function failureOf(driver: TestDriver): unknown {
  return driver.records.find(({ event }) => event.kind === "step_failed")?.event;
}

function withoutEffect(plan: Plan): Plan {
  const steps = plan.steps.map((step) => (step.kind === "act" ? { ...step, effect: [], compensation: null } : step));
  return { ...plan, steps };
}

describe("an acknowledged write whose effect is not seen when its time is over", () => {
  it("is in doubt: nothing is undone, the locks stay, and a person is named", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"], onFailure: "rollback" }]);
    finish(driver, "a");
    acknowledge(driver, "b");

    expect(readAtLast(driver, "b")).toEqual(["step_in_doubt"]);

    expect(codesOf(driver)).toEqual(["E_EFFECT_UNSEEN"]);
    expect(lastMessage(driver)).toBe(
      "`b` was acknowledged, and its effect is not seen and may still come: `box.b.level` = 0, as before the write",
    );
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({
      phase: "running",
      waitingFor: [{ stepId: "b", kind: "person", owner: "alice" }],
      locks: ["box/a", "box/b"],
    });
  });

  it("is told once, however often it is read", () => {
    const driver = unseen();

    expect([readAtLast(driver, "a"), readAtLast(driver, "a")]).toEqual([[], []]);
  });

  it("is done when a later reading shows it, and the run goes on", () => {
    const driver = unseen();
    driver.levels.set("a", 1);
    runToRest(driver);

    expect(phaseOf(driver)).toBe("succeeded");
  });

  it("lands, however late, before the way back begins and never after it (I11)", () => {
    for (let readingCount = 0; readingCount < 6; readingCount += 1) {
      const driver = begin([{ id: "a", onFailure: "rollback" }]);
      acknowledge(driver, "a");
      for (let count = 0; count < readingCount; count += 1) {
        readAtLast(driver, "a");
        if (count === 1) order(driver, "rollback");
        expect(eventKinds(driver)).not.toContain("compensation_started");
      }
      driver.levels.set("a", 1);
      runToRest(driver);

      const end = { phase: phaseOf(driver), level: driver.levels.get("a") };
      expect(end).toEqual(readingCount < 2 ? { phase: "succeeded", level: 1 } : { phase: "compensated", level: 0 });
    }
  });

  it("takes no branch for failures, which could write again", () => {
    const driver = begin([
      { id: "a", onFailure: "branch" },
      { id: "b", after: ["a"], when: "a == 'failed'" },
    ]);
    acknowledge(driver, "a");
    readAtLast(driver, "a");
    runToRest(driver);

    expect([stateOf(driver, "a").kind, stateOf(driver, "b").kind]).toEqual(["in_doubt", "pending"]);
  });

  it("is told as unseen too if readings failed first", () => {
    const driver = begin([{ id: "a" }]);
    acknowledge(driver, "a");
    failAtLast(driver, "a");
    readAtLast(driver, "a");

    expect(codesOf(driver)).toEqual(["E_OBSERVE", "E_EFFECT_UNSEEN"]);
  });
});

describe("an acknowledged write whose target bounds an effect's landing", () => {
  it("did not happen once nothing can land any more, and is untouched", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"], onFailure: "rollback", landsWithinMs: 60_000 }]);
    finish(driver, "a");
    acknowledge(driver, "b");

    expect(readAtLast(driver, "b", 59_999)).toEqual(["step_in_doubt"]);
    expect(readAtLast(driver, "b", 59_999)).toEqual([]);
    expect(readAtLast(driver, "b", 60_000).slice(0, 2)).toEqual(["step_resolved", "step_failed"]);
    expect(lastMessage(driver)).toBe("`b` was acknowledged and did not happen: `box.b.level` = 0, as before the write");
    runToRest(driver);
    expect(driver.records.at(-1)?.event).toMatchObject({
      outcome: "compensated",
      reason: "every touched step was undone and verified",
      failed: [{ stepId: "b", touched: false }],
    });
  });

  it("is not in doubt at all if its time to be read back is longer than the bound", () => {
    const driver = begin([{ id: "a", landsWithinMs: 100 }]);
    acknowledge(driver, "a");
    readAtLast(driver, "a", 100);

    expect(eventKinds(driver)).not.toContain("step_in_doubt");
    expect(driver.records.at(-1)?.event).toMatchObject({
      kind: "run_ended",
      reason: expect.stringMatching(/; nothing was written$/),
    });
  });

  it("has failed touched if no fact could show the effect, because a failed post-condition does not say why", () => {
    const driver = beginPlan(withoutEffect(planOf([{ id: "a", landsWithinMs: 100 }])));
    acknowledge(driver, "a");
    readAtLast(driver, "a", 99);
    expect(lastMessage(driver)).toMatch(/may still come: no fact that was read could show it$/);
    readAtLast(driver, "a", 100);

    expect(failureOf(driver)).toMatchObject({ touched: true, problem: { code: "E_POST_FAILED" } });
  });

  it("has failed if it is there in another form once nothing can land any more, and is undone", () => {
    const driver = begin([{ id: "a", onFailure: "rollback", landsWithinMs: 100 }]);
    acknowledge(driver, "a");
    driver.levels.set("a", 4);
    readAtLast(driver, "a", 100);
    runToRest(driver);

    expect(codesOf(driver)).toEqual(["E_POST_FAILED", "E_POST_FAILED"]);
    expect({ phase: phaseOf(driver), level: driver.levels.get("a") }).toEqual({ phase: "compensated", level: 0 });
  });

  it("has failed touched then if the fingerprint alone shows that something happened", () => {
    const driver = beginPlan(withoutEffect(planOf([{ id: "a", landsWithinMs: 100 }])));
    acknowledge(driver, "a");
    driver.levels.set("a", 7);
    readAtLast(driver, "a", 99);
    expect(lastMessage(driver)).toMatch(
      /its target changed, and no fact that was read could show whether this write did it$/,
    );
    readAtLast(driver, "a", 100);

    expect(failureOf(driver)).toMatchObject({ touched: true, problem: { code: "E_POST_FAILED" } });
  });

  it("may have done more if one of its tries ran and failed", () => {
    const driver = begin([{ id: "a", idempotency: "keyed", attemptsMax: 2, landsWithinMs: 100 }]);
    read(driver, dueFor(driver, "observe", "a"));
    answer(driver, dueFor(driver, "send", "a"), { ...replies.unknown, output: "half" });
    runTimer(driver);
    answer(driver, dueFor(driver, "send", "a"), replies.applied);
    readAtLast(driver, "a", 100);

    expect(codesOf(driver)).toContain("E_STEP_RAN");
  });
});

function runTimer(driver: TestDriver): void {
  driver.nowMs += 100_000;
  give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });
}

describe("a write that nobody answered for, and that is there in another form once nothing can land any more", () => {
  it("has failed touched: it is not said that it did not happen", () => {
    const driver = begin([{ id: "a", idempotency: "natural", landsWithinMs: 100 }]);
    acknowledge(driver, "a", replies.unknown);
    driver.levels.set("a", 4);
    readAtLast(driver, "a", 100);

    expect(lastMessage(driver)).toMatch(
      /^nobody answered for `a`, and this does not hold: .*; found `box.a.level` = 4$/,
    );
    expect(failureOf(driver)).toMatchObject({ touched: true });
  });
});

describe("a write without a target that nobody answered for", () => {
  it("did not happen if its post-condition fails once nothing can land any more", () => {
    const plan = withoutEffect(planOf([{ id: "a", idempotency: "natural", landsWithinMs: 100 }]));
    const steps = plan.steps.map((step) => (step.kind === "act" ? { ...step, target: null } : step));
    const driver = beginPlan({ ...plan, steps });
    acknowledge(driver, "a", replies.unknown);
    readAtLast(driver, "a", 100);

    expect(failureOf(driver)).toMatchObject({ touched: false, problem: { message: "`a` did not happen" } });
  });
});

describe("a way back that finds a step as before", () => {
  it("does not count it as undone", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]);
    finish(driver, "a");
    finish(driver, "b");
    driver.levels.set("b", 0);
    order(driver, "rollback");
    runToRest(driver);

    expect(driver.records.at(-1)?.event).toMatchObject({
      outcome: "compensated",
      reason: "1 of 2 touched steps undone and verified; 1 read as before already: box/b",
    });
  });
});

describe("the word of a person that a step happened", () => {
  const doubtful = (): TestDriver => {
    const driver = begin([{ id: "a", idempotency: "natural" }]);
    acknowledge(driver, "a", replies.unknown);
    return driver;
  };

  it("is refuted by a reading that shows nothing of it, and what was known before counts again", () => {
    const driver = doubtful();
    const { attempts } = (stateOf(driver, "a") as { effort: { attempts: readonly { n: number; epoch: number }[] } })
      .effort;
    const [first] = attempts;
    resolve(driver, "a", "applied");
    readAtLast(driver, "a");

    expect(codesOf(driver).at(-1)).toBe("E_WORD_REFUTED");
    expect(lastMessage(driver)).toBe(
      "`alice` says that `a` happened; the reading shows `box.a.level` = 0, as before the write",
    );
    expect(readAtLast(driver, "a")).toEqual([]);
    const decision = give(driver, {
      kind: "reply",
      atMs: driver.nowMs,
      runId: "run_1",
      attempt: { runId: "run_1", stepId: "a", direction: "do", n: first?.n ?? 0, epoch: first?.epoch ?? 0 },
      reply: replies.rejected,
    });
    expect(kindsOf(decision)).toContain("step_failed");
  });

  it("is told as a word, and not as an acknowledgement, if the reading shows something else", () => {
    const driver = doubtful();
    driver.levels.set("a", 4);
    resolve(driver, "a", "applied");
    readAtLast(driver, "a");

    expect(lastMessage(driver)).toMatch(/^`alice` says that `a` happened, and this does not hold: .* = 4$/);
  });

  it("settles nothing while the target cannot be read, and says so", () => {
    const driver = doubtful();
    resolve(driver, "a", "applied");
    failAtLast(driver, "a");

    expect([stateOf(driver, "a").kind, lastMessage(driver)]).toEqual([
      "in_doubt",
      "`alice` says that `a` happened, and it could not be read back: no answer",
    ]);
  });

  it("is neither confirmed nor refuted by a reading that could not show it", () => {
    const driver = beginPlan(withoutEffect(planOf([{ id: "a" }])));
    acknowledge(driver, "a");
    readAtLast(driver, "a");
    resolve(driver, "a", "applied");
    readAtLast(driver, "a");

    expect([codesOf(driver).at(-1), lastMessage(driver)]).toEqual([
      "E_STEP_UNVERIFIED",
      "`alice` says that `a` happened, and no reading shows it: no fact that was read could show it",
    ]);
  });

  it("leaves an acknowledged write whose effect is not seen in doubt, and does not tell it twice", () => {
    const driver = unseen();
    resolve(driver, "a", "applied");
    readAtLast(driver, "a");

    expect([codesOf(driver), readAtLast(driver, "a")]).toEqual([["E_EFFECT_UNSEEN", "E_WORD_REFUTED"], []]);
  });

  it("that it did not happen is no proof, for it was acknowledged: the run ends closed on that word", () => {
    const driver = unseen();
    resolve(driver, "a", "not_applied");
    read(driver, dueFor(driver, "observe", "a"));

    expect(driver.records.at(-1)?.event).toMatchObject({ outcome: "closed", failed: [{ touched: false }] });
  });
});

describe("the word of a person that the way back happened", () => {
  const back = (reply: Reply): TestDriver => {
    const driver = begin([
      { id: "a", idempotency: "natural" },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    order(driver, "rollback");
    acknowledge(driver, "a", reply);
    return driver;
  };

  it("leaves it in doubt if the reading shows something else", () => {
    const driver = back(replies.unknown);
    resolve(driver, "a", "applied");
    readAtLast(driver, "a");

    expect([stateOf(driver, "a").kind, phaseOf(driver), lastMessage(driver)]).toEqual([
      "in_doubt",
      "compensating",
      "`alice` says that the way back of `a` happened; the reading shows `box.a.level` = 1",
    ]);
  });

  it("leaves it in doubt if nothing can be read", () => {
    const driver = back(replies.unknown);
    resolve(driver, "a", "applied");
    failAtLast(driver, "a");

    expect([stateOf(driver, "a").kind, lastMessage(driver)]).toEqual([
      "in_doubt",
      "`alice` says that the way back of `a` happened, and it could not be read back: no answer",
    ]);
  });

  it("leaves the run dirty if it was dirty before", () => {
    const driver = back(replies.rejected);
    expect(phaseOf(driver)).toBe("dirty");
    resolve(driver, "a", "applied");
    readAtLast(driver, "a");

    expect([phaseOf(driver), codesOf(driver).at(-1)]).toEqual(["dirty", "E_WORD_REFUTED"]);
  });
});
