import { describe, expect, it } from "vitest";
import { problem } from "../../value/codes.ts";
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
  stateOf,
  takeOver,
  tick,
} from "../fixtures/course.fixture.ts";
import { alice, answer, dueFor, dueNow, give, land, read, startOf, testDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";

describe("an engine that takes over a run on a site that has changed since the plan", () => {
  const withdrawn = { kind: "withdrawn", problem: problem("E_CONNECTION_CHANGED", "", "it leads elsewhere") } as const;

  it.each(["sent", "backing_off"] as const)(
    "does not send a key again that was %s: it is in doubt, and a person's (I12)",
    (state) => {
      const driver = testDriver();
      give(driver, startOf(planOf([{ id: "a", attemptsMax: 3 }]), driver));
      read(driver, dueFor(driver, "observe", "a"));
      const sent = dueFor(driver, "send", "a");
      land(driver, sent);
      if (state === "backing_off")
        answer(driver, sent, { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer") });

      give(driver, { kind: "epoch", atMs: 2_000, runId: "run_1", epoch: 2, standing: withdrawn });
      give(driver, { kind: "tick", atMs: 60_000, runId: "run_1" });

      expect(dueNow(driver).filter(({ kind }) => kind === "send")).toEqual([]);
      expect(driver.run?.doubtCount).toBe(1);
      expect(driver.records.at(-1)?.event).toMatchObject({
        kind: "step_in_doubt",
        owner: "alice",
        problem: { code: "E_CONNECTION_CHANGED" },
      });
    },
  );
});

describe("an engine that takes over a run that a freeze held", () => {
  const freeze = (driver: ReturnType<typeof begin>, kind: "freeze" | "unfreeze") =>
    give(driver, { kind, atMs: driver.nowMs, runId: null, scope: "*", by: alice, reason: "" });

  it("goes on if the freeze was lifted and nobody told the run, and else waits", () => {
    const lifted = begin([{ id: "a" }]);
    const frozen = begin([{ id: "a" }]);
    for (const driver of [lifted, frozen]) {
      freeze(driver, "freeze");
      read(driver, dueFor(driver, "observe", "a"));
    }
    freeze(lifted, "unfreeze");

    for (const driver of [lifted, frozen]) takeOver(driver);

    expect({ lifted: stateOf(lifted, "a").kind, frozen: stateOf(frozen, "a").kind }).toEqual({
      lifted: "ready",
      frozen: "held",
    });
    expect(dueFor(lifted, "observe", "a")).toMatchObject({ purpose: "before" });
  });
});

describe("an engine that takes over a call in the air", () => {
  it("sends a keyed call again under its key and calls one without a key in doubt (I3, I19)", () => {
    const keyed = begin([{ id: "a" }]);
    const plain = begin([{ id: "a", idempotency: "none" }]);
    for (const driver of [keyed, plain]) read(driver, dueFor(driver, "observe", "a"));
    const first = dueFor(keyed, "send", "a");

    takeOver(keyed);
    takeOver(plain);

    const again = dueFor(keyed, "send", "a");
    expect(again).toMatchObject({
      idempotencyKey: first.idempotencyKey,
      attempt: { ...first.attempt, n: 2, epoch: 2 },
    });
    expect({ a: stateOf(plain, "a").kind, codes: codesOf(plain) }).toEqual({ a: "in_doubt", codes: ["E_ENGINE_LOST"] });
  });

  it("sends a keyed undo again, whatever has expired or is frozen meanwhile (I24)", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
    finish(driver, "a");
    order(driver, "rollback");
    read(driver, dueFor(driver, "observe", "a"));
    give(driver, {
      kind: "freeze",
      atMs: driver.nowMs,
      runId: null,
      scope: "*",
      by: { kind: "person", id: "bob", keyId: null },
      reason: "",
    });
    driver.nowMs = 2e9;

    takeOver(driver);

    expect(dueFor(driver, "send", "a").attempt).toMatchObject({ direction: "undo", n: 2, epoch: 2 });
  });

  it("does not send a forward key again once the approval has expired: it is in doubt (I1)", () => {
    const driver = begin([{ id: "a" }]);
    read(driver, dueFor(driver, "observe", "a"));
    driver.nowMs = 2e9;

    takeOver(driver);

    expect(dueNow(driver).filter(({ kind }) => kind === "send")).toEqual([]);
    expect(codesOf(driver).at(-1)).toBe("E_APPROVAL_EXPIRED");
  });

  it("asks a read again while the run goes on, and does not wait for it once the run drains", () => {
    const running = begin([{ id: "p", kind: "probe", attemptsMax: 1 }]);
    const draining = begin([{ id: "p", kind: "probe", attemptsMax: 1 }]);
    order(draining, "stop");

    takeOver(running);
    takeOver(draining);

    expect(dueFor(running, "send", "p").attempt).toMatchObject({ n: 2, epoch: 2 });
    expect({ p: stateOf(draining, "p").kind, phase: phaseOf(draining) }).toEqual({ p: "failed", phase: "stopped" });
  });

  it("of a killed run sends nothing: a write is in doubt, and the run does not wait for a read", () => {
    const write = begin([{ id: "a" }]);
    read(write, dueFor(write, "observe", "a"));
    const probe = begin([{ id: "p", kind: "probe" }]);
    for (const driver of [write, probe]) order(driver, "kill");

    expect({ write: kindsOf(takeOver(write)), probe: kindsOf(takeOver(probe)) }).toEqual({
      write: ["epoch_changed", "attempt_settled", "step_in_doubt"],
      probe: ["epoch_changed", "attempt_settled", "run_ended"],
    });
    expect({ write: dueNow(write), probe: dueNow(probe) }).toEqual({ write: [], probe: [] });
  });

  it("leaves steps alone that have nothing in the air", () => {
    const waiting = begin([{ id: "a", attemptsMax: 3 }]);
    attempt(waiting, "a", replies.unknown);
    const verifying = begin([{ id: "a" }]);
    attempt(verifying, "a", replies.applied);

    expect({ waiting: kindsOf(takeOver(waiting)), verifying: kindsOf(takeOver(verifying)) }).toEqual({
      waiting: ["epoch_changed"],
      verifying: ["epoch_changed"],
    });
    expect({ waiting: stateOf(waiting, "a").kind, verifying: stateOf(verifying, "a").kind }).toEqual({
      waiting: "backing_off",
      verifying: "verifying",
    });
  });

  it("reads back a write with one try acknowledged and one lost, and sends nothing again", () => {
    const driver = begin([{ id: "a", attemptsMax: 3 }]);
    read(driver, dueFor(driver, "observe", "a"));
    const first = dueFor(driver, "send", "a");
    answer(driver, first, replies.unknown);
    tick(driver, 100);
    land(driver, first);
    answer(driver, first, replies.applied);
    expect(stateOf(driver, "a").kind).toBe("sent");

    takeOver(driver);

    expect(stateOf(driver, "a").kind).toBe("verifying");
    expect(dueNow(driver).filter(({ kind }) => kind !== "timer")).toMatchObject([
      { kind: "observe", purpose: "after" },
    ]);
  });

  it("fails an act that only reads if its run drains, because no step waits for it", () => {
    const plan = planOf([{ id: "r", kind: "probe" }]);
    const driver = beginPlan({
      ...plan,
      steps: plan.steps.map((step) =>
        step.kind === "probe" ? { ...step, kind: "act" as const, onFailure: "stop" as const } : step,
      ),
    });
    order(driver, "stop");

    takeOver(driver);

    expect({ lastCode: codesOf(driver).at(-1), phase: phaseOf(driver) }).toEqual({
      lastCode: "E_ENGINE_LOST",
      phase: "stopped",
    });
  });
});
