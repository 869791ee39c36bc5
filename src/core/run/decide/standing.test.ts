import { describe, expect, it } from "vitest";
import { durabilityOf } from "../due/durability.ts";
import {
  attempt,
  begin,
  codesOf,
  finish,
  kindsOf,
  order,
  phaseOf,
  replies,
  resolve,
  stateOf,
  tick,
} from "../fixtures/course.fixture.ts";
import {
  alice,
  answer,
  dueFor,
  dueNow,
  give,
  land,
  read,
  runToRest,
  seeBox,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";
import type { ObserveCommand } from "../words/command.ts";

// What a reading and a person's word lead to: permission, goal, doubt.

/** Answers a reading with this permission. */
function readUnder(
  driver: TestDriver,
  command: ObserveCommand,
  standing: "permitted" | "withdrawn",
): readonly string[] {
  const problem = { code: "E_STANDING_WITHDRAWN", pointer: "", message: "no longer", hint: "" } as const;
  return kindsOf(
    give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: standing === "permitted" ? { kind: "permitted" } : { kind: "withdrawn", problem },
      result: {
        kind: "seen",
        objects: command.objects.map((object) => seeBox(driver, object.slice("box/".length))),
        heldMs: 0,
        waitedMs: 0,
      },
    }),
  );
}

/** A reading that failed. */
function failToRead(driver: TestDriver, command: ObserveCommand): readonly string[] {
  const problem = { code: "E_OBSERVE", pointer: "", message: "no answer", hint: "" } as const;
  return kindsOf(
    give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem },
    }),
  );
}

const viewOf = (driver: TestDriver): ReturnType<typeof viewRun> => viewRun(driver.run ?? expect.fail());

describe("a forward step", () => {
  it("whose permission was withdrawn is not sent, and no branch of the plan answers that", () => {
    const driver = begin([
      { id: "a", onFailure: "branch" },
      { id: "b", after: ["a"], when: "a == 'failed'" },
    ]);

    expect(readUnder(driver, dueFor(driver, "observe", "a"), "withdrawn")).toEqual([
      "step_failed",
      "run_draining",
      "run_ended",
    ]);
    expect({ firstCode: codesOf(driver)[0], phase: phaseOf(driver) }).toEqual({
      firstCode: "E_STANDING_WITHDRAWN",
      phase: "escalated",
    });
  });

  it("is not sent once the approval has expired (I1)", () => {
    const driver = begin([{ id: "a" }]);
    driver.nowMs = 1e9;

    expect(kindsOf(read(driver, dueFor(driver, "observe", "a")))).toEqual(["step_failed", "run_draining", "run_ended"]);
    expect(codesOf(driver)[0]).toBe("E_APPROVAL_EXPIRED");
  });

  it("whose precondition fails takes the branch the plan has for it", () => {
    const driver = begin([
      { id: "a", onFailure: "branch", pre: "box.a.level == 4" },
      { id: "b", after: ["a"], when: "a == 'failed'" },
    ]);

    runToRest(driver);

    expect({ a: stateOf(driver, "a").kind, b: stateOf(driver, "b").kind, phase: phaseOf(driver) }).toEqual({
      a: "failed",
      b: "settled",
      phase: "succeeded_in_part",
    });
  });

  it("whose target cannot be read is not sent", () => {
    const driver = begin([{ id: "a" }]);

    expect(failToRead(driver, dueFor(driver, "observe", "a"))).toEqual(["step_failed", "run_draining", "run_ended"]);
    expect(codesOf(driver)[0]).toBe("E_OBSERVE");
  });

  it("that fails under `stop` leaves what was done and escalates", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"], onFailure: "stop" }]);
    finish(driver, "a");

    attempt(driver, "b", replies.rejected);

    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "escalated", wrote: ["a"] });
  });

  it("held by a freeze waits without a timer, and is held once however often a tick comes", () => {
    const driver = begin([{ id: "a" }]);
    give(driver, { kind: "freeze", atMs: driver.nowMs, runId: null, scope: "box/a", by: alice, reason: "" });

    expect(readUnder(driver, dueFor(driver, "observe", "a"), "permitted")).toEqual(["step_held"]);
    expect(kindsOf(tick(driver, 100))).toEqual([]);

    expect(dueNow(driver)).toMatchObject([{ kind: "timer", atMs: driver.run?.deadlineMs }]);
    expect(viewOf(driver).waitingFor).toMatchObject([{ stepId: "a", kind: "site", owner: null, untilMs: null }]);
  });
});

describe("a question of the plan", () => {
  it("that nobody answers in time expires by the clock alone", () => {
    const driver = begin([{ id: "q", kind: "approve", forMs: 500 }]);

    expect(kindsOf(tick(driver, 499))).toEqual([]);
    tick(driver, 1);

    expect(stateOf(driver, "q")).toMatchObject({ kind: "settled", outcome: "expired" });
  });
});

describe("the goal", () => {
  it("that holds when everything is done means success", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 1" });

    runToRest(driver);

    expect(phaseOf(driver)).toBe("succeeded");
  });

  it("is not read while another branch is under way", () => {
    const driver = begin(
      [
        { id: "p", kind: "probe" },
        { id: "q", kind: "probe" },
        { id: "end", kind: "end", after: ["p"] },
      ],
      { goal: "box.a.level == 0" },
    );
    answer(driver, dueFor(driver, "send", "p"), { ...replies.applied, outcome: "yes" });

    expect(dueNow(driver).map(({ kind }) => kind)).toEqual(["send", "timer"]);
    answer(driver, dueFor(driver, "send", "q"), { ...replies.applied, outcome: "yes" });
    expect(dueFor(driver, "observe", "end")).toMatchObject({
      purpose: "goal",
      expect: "box.a.level == 0",
      objects: ["box/a"],
    });
  });

  it("is not read while a step is in doubt", () => {
    const driver = begin(
      [
        { id: "p", kind: "probe" },
        { id: "a", idempotency: "none" },
        { id: "end", kind: "end", after: ["p"] },
      ],
      { goal: "box.a.level == 0" },
    );
    attempt(driver, "a", replies.unknown);

    answer(driver, dueFor(driver, "send", "p"), { ...replies.applied, outcome: "yes" });

    expect(dueNow(driver).filter(({ kind }) => kind === "observe")).toMatchObject([{ stepId: "a", purpose: "after" }]);
  });
});

describe("a doubt", () => {
  const doubtful = (landsWithinMs: number | null, level = 0): TestDriver => {
    const driver = begin([{ id: "a", idempotency: "none", landsWithinMs, level: 1 }], { levels: { a: level } });
    attempt(driver, "a", replies.unknown);
    return driver;
  };

  it("is settled by a post-condition that did not hold before", () => {
    const driver = doubtful(null);
    driver.levels.set("a", 1);

    read(driver, dueFor(driver, "observe", "a"), { waitedMs: 0 });

    expect(phaseOf(driver)).toBe("succeeded");
  });

  it("is not settled by a post-condition that held before, until nothing can land any more", () => {
    const driver = begin([
      { id: "p", box: "a" },
      { id: "a", after: ["p"], idempotency: "none", landsWithinMs: 3_000 },
    ]);
    finish(driver, "p");
    attempt(driver, "a", replies.unknown);

    expect(kindsOf(read(driver, dueFor(driver, "observe", "a"), { waitedMs: 2_999 }))).toEqual([]);
    expect(kindsOf(read(driver, dueFor(driver, "observe", "a"), { waitedMs: 3_000 }))).toContain("step_settled");
  });

  it("is settled as not happened once nothing can land any more, and only by a reading that shows it", () => {
    const driver = doubtful(3_000);
    const command = dueFor(driver, "observe", "a");

    expect(failToRead(driver, command)).toEqual([]);
    expect(kindsOf(read(driver, command, { waitedMs: 2_999 }))).toEqual([]);
    expect(kindsOf(read(driver, command, { waitedMs: 3_000 }))).toEqual([
      "step_resolved",
      "step_failed",
      "run_draining",
      "run_ended",
    ]);
    expect(driver.records.find(({ event }) => event.kind === "step_resolved")?.event).toMatchObject({
      as: "not_applied",
      by: null,
    });
  });

  it("is never settled as not happened if nobody bounds the landing: a person decides", () => {
    const driver = doubtful(null);

    expect(kindsOf(read(driver, dueFor(driver, "observe", "a"), { waitedMs: 1e12 }))).toEqual([]);
    expect(viewOf(driver).waitingFor).toMatchObject([{ stepId: "a", kind: "person", owner: "alice" }]);
  });

  it("about an acknowledged write that could not be read back goes on, reading after reading", () => {
    const driver = begin([{ id: "a" }]);
    attempt(driver, "a", replies.applied);
    driver.nowMs += 60_000;
    failToRead(driver, dueFor(driver, "observe", "a"));
    driver.nowMs += 60_000;

    expect(failToRead(driver, dueFor(driver, "observe", "a"))).toEqual([]);
    expect({ a: stateOf(driver, "a").kind, codes: codesOf(driver) }).toEqual({ a: "in_doubt", codes: ["E_OBSERVE"] });
  });

  it("ends as a failure in a person's name, if a reading shows that it did not happen or was put back as said", () => {
    for (const [as, said, phase] of [
      ["not_applied", "did not happen", "escalated"],
      ["restored", "was put back by hand", "closed"],
    ] as const) {
      const driver = doubtful(null);

      const decision = resolve(driver, "a", as);
      expect([kindsOf(decision), durabilityOf(decision.events)]).toEqual([["word_given"], "synced"]);
      read(driver, dueFor(driver, "observe", "a"));

      expect(driver.records.find(({ event }) => event.kind === "step_failed")?.event).toMatchObject({
        touched: false,
        problem: {
          message: expect.stringContaining(`\`alice\` says that \`a\` ${said}, and the target reads as before`),
        },
      });
      expect(phaseOf(driver)).toBe(phase);
    }
  });

  it("is read back before a person is believed who says that it happened (I20)", () => {
    const driver = doubtful(null);
    resolve(driver, "a", "applied");

    expect(stateOf(driver, "a").kind).toBe("verifying");
    driver.nowMs += 60_000;
    read(driver, dueFor(driver, "observe", "a"));

    expect({ code: codesOf(driver).at(-1), state: stateOf(driver, "a").kind }).toEqual({
      code: "E_WORD_REFUTED",
      state: "in_doubt",
    });
  });
});

describe("the way back", () => {
  const back = (): TestDriver => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    order(driver, "rollback");
    return driver;
  };

  it("is shown as an undo while it is in the air, and while it is read back", () => {
    const driver = back();
    read(driver, dueFor(driver, "observe", "a"));
    expect(viewOf(driver).steps[0]).toMatchObject({ id: "a", status: "sent", direction: "undo", attemptCount: 1 });
    land(driver, dueFor(driver, "send", "a"));
    answer(driver, dueFor(driver, "send", "a"), replies.applied);

    expect(viewOf(driver)).toMatchObject({
      phase: "compensating",
      waitingFor: [{ stepId: "a", kind: "reading", reason: "reads back what was done" }],
    });
  });

  it("needs a person if it is acknowledged and reads otherwise at the end of its time, and not before", () => {
    const driver = back();
    attempt(driver, "a", { ...replies.applied });
    driver.levels.set("a", 4);
    const command = dueFor(driver, "observe", "a");

    expect(kindsOf(read(driver, command))).toEqual([]);
    driver.nowMs = command.untilMs;
    expect(kindsOf(read(driver, command))).toEqual(["run_dirty"]);
    expect(codesOf(driver)).toEqual(["E_COMPENSATION_FAILED"]);
  });

  it("goes on from dirty by a person's word: tried again, or restored by hand", () => {
    const again = back();
    const restored = back();
    for (const driver of [again, restored]) attempt(driver, "a", replies.rejected);
    expect({ again: phaseOf(again), restored: phaseOf(restored) }).toEqual({ again: "dirty", restored: "dirty" });

    restored.levels.set("a", 0);
    expect(kindsOf(resolve(restored, "a", "restored"))).toEqual(["word_given"]);
    expect(kindsOf(read(restored, dueFor(restored, "observe", "a")))).toEqual([
      "step_resolved",
      "step_compensated",
      "run_ended",
    ]);
    expect(kindsOf(resolve(again, "a", "not_applied"))).toEqual(["step_resolved"]);

    expect({ restored: phaseOf(restored), again: phaseOf(again), a: stateOf(again, "a").kind }).toEqual({
      restored: "compensated",
      again: "compensating",
      a: "undo_ready",
    });
  });

  it("that was never sent cannot have happened, even if a person says so", () => {
    const driver = back();
    driver.levels.set("a", 6);
    read(driver, dueFor(driver, "observe", "a"));

    expect(resolve(driver, "a", "applied")).toMatchObject({ kind: "refused", problem: { code: "E_INPUT_UNEXPECTED" } });
    expect(resolve(driver, "b", "restored")).toMatchObject({
      kind: "refused",
      problem: { code: "E_INPUT_UNEXPECTED" },
    });
  });
});

it("a step that waits for a person names one, from the run's first event on (I21)", () => {
  const driver = testDriver();
  const input = startOf(planOf([{ id: "q", kind: "approve" }]), driver);
  const nobody = { kind: "person", id: "", keyId: null } as const;

  expect(() => give(driver, { ...input, actor: nobody, authorization: { kind: "read_only", policies: null } })).toThrow(
    "a run has an owner before it has anything else (I21)",
  );
  expect(driver.records).toEqual([]);
  give(driver, { ...input, authorization: { kind: "read_only", policies: null } });
  expect(viewOf(driver).waitingFor).toMatchObject([{ stepId: "q", kind: "answer", owner: "alice" }]);
});

describe("a run that is not going on", () => {
  it("shows why: what it drains for, or who killed it", () => {
    const draining = begin([{ id: "a", onFailure: "stop" }, { id: "b" }]);
    read(draining, dueFor(draining, "observe", "b"));
    attempt(draining, "a", replies.rejected);
    const stopped = begin([{ id: "a" }]);
    read(stopped, dueFor(stopped, "observe", "a"));
    order(stopped, "stop");
    const killed = begin([{ id: "a" }]);
    read(killed, dueFor(killed, "observe", "a"));
    order(killed, "kill");

    expect([draining, stopped, killed].map((driver) => [viewOf(driver).phase, viewOf(driver).reason])).toEqual([
      ["draining", "no answer"],
      ["draining", "asked by alice, who says “test”"],
      ["killed", "killed by alice, who says “test”"],
    ]);
  });
});
