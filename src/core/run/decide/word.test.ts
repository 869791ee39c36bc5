import { describe, expect, it } from "vitest";
import { applyRun } from "../apply/apply.ts";
import { doubtPatienceMs } from "../due/patience.ts";
import {
  attempt,
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
import { alice, dueFor, dueNow, give, read, runToRest, type TestDriver } from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";
import type { Decision } from "../words/decision.ts";
import type { Event } from "../words/event.ts";
import type { ResolveInput } from "../words/input.ts";

/** How the run ended, as its log has it. */
function endOf(driver: TestDriver): string {
  const ended = driver.records.at(-1)?.event;
  return ended?.kind === "run_ended" ? `${ended.outcome}: ${ended.reason}` : `not ended: ${phaseOf(driver)}`;
}

/** A reading that fails until its time is over. */
function failToRead(driver: TestDriver, stepId: string): Decision {
  const command = dueFor(driver, "observe", stepId);
  const answer = {
    kind: "observed",
    runId: "run_1",
    commandId: command.id,
    standing: { kind: "permitted" },
    result: { kind: "failed", problem: { code: "E_OBSERVE", pointer: "", message: "no answer", hint: "" } },
  } as const;
  expect(give(driver, { ...answer, atMs: driver.nowMs }).events).toEqual([]);
  driver.nowMs = command.untilMs;
  return give(driver, { ...answer, atMs: driver.nowMs });
}

/** A run of `a` and `b` whose way back is stuck at `a`, because the target refuses the undo. */
function stuck(a: Partial<StepSketch> = {}): TestDriver {
  const driver = begin([
    { id: "a", ...a },
    { id: "b", after: ["a"] },
  ]);
  finish(driver, "a");
  attempt(driver, "b", replies.rejected);
  if (a.irreversible !== true) attempt(driver, "a", replies.rejected);
  expect(phaseOf(driver)).toBe("dirty");
  return driver;
}

describe("the word that a step was put back by hand", () => {
  it("is read before it counts, and the way back is over if the reading shows it", () => {
    const driver = stuck();
    driver.levels.set("a", 0);

    expect(kindsOf(resolve(driver, "a", "restored"))).toEqual(["word_given"]);
    expect(dueNow(driver)).toMatchObject([{ kind: "observe", purpose: "word", objects: ["box/a"] }]);
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({ phase: "compensating" });
    read(driver, dueFor(driver, "observe", "a"));

    expect(endOf(driver)).toBe("compensated: every touched step reads as before; nothing was left to undo");
  });

  it("is refuted by a reading that shows the effect: nothing is sent, and the run is dirty again", () => {
    const driver = stuck();

    resolve(driver, "a", "restored");
    const decision = read(driver, dueFor(driver, "observe", "a"));

    expect(kindsOf(decision)).toEqual(["run_dirty"]);
    expect([phaseOf(driver), dueNow(driver), codesOf(driver).at(-1)]).toEqual(["dirty", [], "E_WORD_REFUTED"]);
    expect(driver.run?.phase).toMatchObject({
      problem: {
        message:
          "`alice` says that `a` was put back by hand; the reading shows `box.a.level` = 1, " +
          "and before the write it was `box.a.level` = 0",
      },
    });
    // The word is forgotten: the next one begins anew.
    resolve(driver, "a", "not_applied");
    expect(dueNow(driver)).toMatchObject([{ purpose: "undo_before" }]);
  });

  it("stands if nothing can be read, and the run then ends closed on it, never compensated", () => {
    const driver = stuck();

    resolve(driver, "a", "restored");
    failToRead(driver, "a");

    expect(endOf(driver)).toBe(
      "closed: 0 of 1 touched steps undone and verified; " +
        "on the word of alice, not read back: box/a was put back by hand (“looked”)",
    );
    expect(viewRun(driver.run ?? expect.fail()).steps[0]).toMatchObject({ status: "undone", onWordOf: "alice" });
  });

  it("does not keep the rest of the way back from being undone and read", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]);
    finish(driver, "a");
    finish(driver, "b");
    attempt(driver, "c", replies.rejected);
    attempt(driver, "b", replies.rejected);

    resolve(driver, "b", "restored");
    failToRead(driver, "b");
    expect(phaseOf(driver)).toBe("compensating");
    runToRest(driver);

    expect(endOf(driver)).toMatch(/^closed: 1 of 2 touched steps undone and verified; on the word of alice/);
    expect(driver.levels.get("a")).toBe(0);
  });

  it("of a step without a way back is held against the facts that the step changed", () => {
    const shown = stuck({ irreversible: true });
    const refuted = stuck({ irreversible: true });
    shown.levels.set("a", 0);

    for (const driver of [shown, refuted]) {
      resolve(driver, "a", "restored");
      read(driver, dueFor(driver, "observe", "a"));
    }

    expect([phaseOf(shown), phaseOf(refuted)]).toEqual(["compensated", "dirty"]);
  });

  it("of a step that changes no fact is held against the fingerprint, and stands if that tells nothing", () => {
    const outcomes = [0, 7].map((level) => {
      const plan = planOf([
        { id: "a", irreversible: true },
        { id: "b", after: ["a"] },
      ]);
      const steps = plan.steps.map((step) => (step.id === "a" && step.kind === "act" ? { ...step, effect: [] } : step));
      const driver = beginPlan({ ...plan, steps });
      finish(driver, "a");
      attempt(driver, "b", replies.rejected);
      driver.levels.set("a", level);
      resolve(driver, "a", "restored");
      read(driver, dueFor(driver, "observe", "a"));
      return endOf(driver);
    });

    expect(outcomes).toEqual([
      "compensated: every touched step reads as before; nothing was left to undo",
      expect.stringMatching(/^closed: 0 of 1 touched steps undone and verified; on the word of alice/),
    ]);
  });

  it("stands if a reading does not show the fact that tells", () => {
    const driver = stuck();
    resolve(driver, "a", "restored");
    const command = dueFor(driver, "observe", "a");

    give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "seen", objects: [], heldMs: 0, waitedMs: 0 },
    });

    expect(phaseOf(driver)).toBe("closed");
  });

  it("is of no use after a kill: the step stays written, and is listed as touched", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    attempt(driver, "b", replies.rejected);
    attempt(driver, "a", replies.unknown);
    order(driver, "kill");

    expect(kindsOf(resolve(driver, "a", "restored"))).toEqual(["step_resolved", "run_ended"]);

    expect(driver.records.at(-1)?.event).toMatchObject({
      outcome: "stopped",
      wrote: ["a"],
      failed: [
        { stepId: "a", touched: true },
        { stepId: "b", touched: false },
      ],
    });
  });

  it("about an undo in doubt leaves it in doubt if the reading refutes it", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    attempt(driver, "b", replies.rejected);
    attempt(driver, "a", replies.unknown);

    resolve(driver, "a", "restored");
    expect(kindsOf(read(driver, dueFor(driver, "observe", "a")))).toEqual(["step_in_doubt"]);
    expect([phaseOf(driver), stateOf(driver, "a").kind]).toEqual(["compensating", "in_doubt"]);
    driver.levels.set("a", 0);
    resolve(driver, "a", "restored");
    read(driver, dueFor(driver, "observe", "a"));

    expect(phaseOf(driver)).toBe("compensated");
  });
});

describe("the word that an effect in doubt did not happen", () => {
  const doubtful = (...more: readonly StepSketch[]): TestDriver => {
    const driver = begin([{ id: "a", idempotency: "none" }, ...more]);
    attempt(driver, "a", replies.unknown);
    return driver;
  };

  it("counts as untouched once a reading shows the world as before", () => {
    const driver = doubtful();

    resolve(driver, "a", "not_applied");
    read(driver, dueFor(driver, "observe", "a"));

    expect(endOf(driver)).toBe(
      "escalated: `alice` says that `a` did not happen, and the target reads as before the write; " +
        "if it lands later, this run does not see it; nothing was written",
    );
  });

  it("stays a word if the target had acknowledged it, for it may still land: the run ends closed", () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    attempt(driver, "a", replies.applied);
    driver.levels.set("a", 0);
    driver.nowMs += 60_000;
    read(driver, dueFor(driver, "observe", "a"));
    expect(codesOf(driver)).toEqual(["E_EFFECT_UNSEEN"]);

    resolve(driver, "a", "not_applied");
    read(driver, dueFor(driver, "observe", "a"));

    expect(endOf(driver)).toBe(
      "closed: `alice` says that `a` did not happen, and the target reads as before the write; it was acknowledged; " +
        "if it lands later, this run does not see it; nothing else was written; " +
        "on the word of alice, although it may still land: box/a did not happen (“looked”)",
    );
  });

  it("is refuted by a reading that shows the effect, and the next reading settles the step as done", () => {
    const driver = doubtful();
    driver.levels.set("a", 1);

    resolve(driver, "a", "not_applied");
    expect(kindsOf(read(driver, dueFor(driver, "observe", "a")))).toEqual(["step_in_doubt"]);
    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([
      { kind: "person", reason: expect.stringMatching(/^`alice` says that `a` did not happen; the reading shows/) },
    ]);
    read(driver, dueFor(driver, "observe", "a"));

    expect(endOf(driver)).toBe("succeeded: every step was verified, although 1 call did not report success: box/a");
  });

  it("stands if nothing can be read: the run ends closed, and does not say that nothing was written", () => {
    const driver = doubtful();

    resolve(driver, "a", "not_applied");
    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([{ kind: "reading", owner: null }]);
    expect(doubtPatienceMs(driver.run ?? expect.fail())).toBeNull();
    failToRead(driver, "a");

    expect(endOf(driver)).toBe(
      "closed: `alice` says that `a` did not happen, and nothing could be read; nothing else was written; " +
        "on the word of alice, not read back: box/a did not happen (“looked”)",
    );
    expect(viewRun(driver.run ?? expect.fail()).steps[0]).toMatchObject({ status: "failed", onWordOf: "alice" });
  });

  it("takes no branch of the plan as long as nothing confirms it", () => {
    const steps = [
      { id: "a", idempotency: "none", onFailure: "branch" },
      { id: "b", after: ["a"], when: "a == 'failed'" },
    ] as const satisfies readonly StepSketch[];
    const [shown, unread] = [begin(steps), begin(steps)];
    for (const driver of [shown, unread]) {
      attempt(driver, "a", replies.unknown);
      resolve(driver, "a", "not_applied");
    }

    read(shown, dueFor(shown, "observe", "a"));
    failToRead(unread, "a");

    expect([stateOf(shown, "b").kind, phaseOf(unread)]).toEqual(["ready", "closed"]);
  });

  it("is read while a run drains too, and never after a kill, which reads nothing", () => {
    const draining = doubtful();
    order(draining, "stop");
    resolve(draining, "a", "not_applied");
    read(draining, dueFor(draining, "observe", "a"));
    const killed = doubtful();
    order(killed, "kill");

    expect(kindsOf(resolve(killed, "a", "not_applied"))).toEqual(["step_resolved", "step_failed", "run_ended"]);

    expect(endOf(draining)).toMatch(/^escalated: .* reads as before the write; .*; nothing was written$/);
    const onWord = "on the word of alice, not read back: box/a did not happen (“looked”)";
    expect(endOf(killed)).toBe(`closed: killed by alice, who says “test”; ${onWord}`);
  });

  it("is forgotten by a kill that comes before the reading: a person is named again", () => {
    const driver = doubtful();
    resolve(driver, "a", "not_applied");

    order(driver, "kill");

    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([{ kind: "person", owner: "alice" }]);
  });

  it("gives way to an answer that comes after all", () => {
    const driver = doubtful();
    const command = driver.run === null ? null : stateOf(driver, "a");
    resolve(driver, "a", "not_applied");
    expect(command?.kind).toBe("in_doubt");

    give(driver, {
      kind: "reply",
      atMs: driver.nowMs,
      runId: "run_1",
      attempt: { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 },
      reply: replies.applied,
    });

    expect(stateOf(driver, "a").kind).toBe("verifying");
  });
});

describe("the word that an effect in doubt was put back", () => {
  it.each([
    ["with a way back", false, ""],
    ["without one", true, "its action declares no way back; "],
  ])("says that it had happened, so the run ends closed on it and not untouched (%s)", (_, irreversible, note) => {
    const driver = begin([{ id: "a", idempotency: "none", irreversible }]);
    attempt(driver, "a", replies.unknown);

    resolve(driver, "a", "restored");
    read(driver, dueFor(driver, "observe", "a"));

    expect(endOf(driver)).toBe(
      `closed: \`alice\` says that \`a\` was put back by hand, and the target reads as before the write; ${note}` +
        "if it lands later, this run does not see it; nothing else was written; " +
        "on the word of alice, although it may still land: box/a was put back by hand (“looked”)",
    );
    expect(codesOf(driver)).toContain("E_WORD_READ");
    const failed = driver.records.map(({ event }) => event).find(({ kind }) => kind === "step_failed");
    expect(failed).toMatchObject({ touched: false, left: { object: "box/a" }, onWordOf: { as: "restored" } });
  });
});

describe("a word on which a run may end", () => {
  it("needs a reason: to close, to say that something did not happen or was put back", () => {
    const dirty = stuck();
    const say = (input: Pick<ResolveInput, "as">): Decision =>
      give(dirty, {
        kind: "resolve",
        atMs: dirty.nowMs,
        runId: "run_1",
        stepId: "a",
        by: alice,
        reason: " ",
        ...input,
      });

    expect([
      say({ as: "restored" }),
      give(dirty, { kind: "close", atMs: dirty.nowMs, runId: "run_1", by: alice, reason: "" }),
    ]).toMatchObject([{ problem: { code: "E_REASON_MISSING" } }, { problem: { code: "E_REASON_MISSING" } }]);
    expect(say({ as: "not_applied" }).kind).toBe("accepted");
  });

  it("is repeated at the end, with the name", () => {
    const driver = stuck();

    order(driver, "close");

    expect(endOf(driver)).toBe("closed: on the word of alice: “test”");
  });
});

describe("a word that an older release took without a reading", () => {
  it("does not let a run that goes on from there end compensated", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]);
    finish(driver, "a");
    finish(driver, "b");
    attempt(driver, "c", replies.rejected);
    attempt(driver, "b", replies.rejected);
    const step = { runId: "run_1", stepId: "b" } as const;
    const recorded: readonly Event[] = [
      { kind: "step_resolved", ...step, direction: "undo", as: "restored", by: alice, reason: "" },
      { kind: "step_compensated", ...step, how: "by_person", facts: [], left: null },
    ];
    for (const event of recorded) driver.run = applyRun(driver.run ?? expect.fail(), event, driver.nowMs);

    runToRest(driver);

    expect(endOf(driver)).toBe(
      "closed: 1 of 2 touched steps undone and verified; on a person's word, not read back: box/b was put back by hand",
    );
  });
});
