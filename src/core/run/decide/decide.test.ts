import { describe, expect, it } from "vitest";
import type { Digest } from "../../value/digest.ts";
import { applySite } from "../apply/site.ts";
import { mapGet } from "../collections/persistent-map.ts";
import { durabilityOf } from "../due/durability.ts";
import {
  alice,
  answer,
  approvalOf,
  dueFor,
  dueNow,
  eventKinds,
  give,
  land,
  read,
  runToRest,
  startOf,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf, testDigest } from "../fixtures/plan.fixture.ts";
import type { Event } from "../words/event.ts";
import type { Authorization } from "../words/input.ts";

const approvalRecorded = (planHash: Digest, approvalId: string): Event => ({
  kind: "approval_recorded",
  runId: null,
  approvalId,
  planHash,
  envelope: testDigest("e"),
  by: alice,
});

describe("a run that goes well", () => {
  it("reads, writes and reads back each step, then succeeds", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "b", after: ["a"] }]), driver));

    runToRest(driver);

    expect(eventKinds(driver)).toEqual([
      "run_started",
      "step_intent",
      "attempt_settled",
      "step_settled",
      "step_intent",
      "attempt_settled",
      "step_settled",
      "run_ended",
    ]);
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "succeeded", wrote: ["a", "b"] });
    expect(Object.fromEntries(driver.levels)).toEqual({ a: 1, b: 1 });
  });

  it("syncs once for every write and once at its end", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]), driver));

    runToRest(driver);

    expect(driver.decisions.filter((decision) => durabilityOf(decision.events) === "synced")).toHaveLength(3 + 1);
  });

  it("keeps parallel branches in the air at once", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "b" }]), driver));

    read(driver, dueFor(driver, "observe", "a"));
    read(driver, dueFor(driver, "observe", "b"));

    expect(dueNow(driver).filter((command) => command.kind === "send")).toHaveLength(2);
  });

  it("takes the branch of the outcome and skips the other", () => {
    const driver = testDriver();
    const plan = planOf([
      { id: "p", kind: "probe", outcomes: ["yes", "no"] },
      { id: "a", after: ["p"], when: "p == 'yes'" },
      { id: "b", after: ["p"], when: "p == 'no'" },
    ]);
    give(driver, startOf(plan, driver));

    runToRest(driver, () => "yes");

    expect(Object.fromEntries(driver.levels)).toEqual({ a: 1 });
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "succeeded", wrote: ["a"] });
  });

  it("releases its locks in the commit that ends it", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }]), driver));
    expect(driver.site.locks.size).toBe(1);

    runToRest(driver);

    expect(driver.site.locks.size).toBe(0);
  });
});

describe("a start that is refused", () => {
  const plan = planOf([{ id: "a" }]);
  const refusal = (change: (input: ReturnType<typeof startOf>) => ReturnType<typeof startOf>): string => {
    const driver = testDriver();
    const decision = give(driver, change(startOf(plan, driver)));
    expect(driver.run).toBeNull();
    expect(decision.events.map((event) => event.kind)).toEqual(["input_refused"]);
    return decision.kind === "refused" ? decision.problem.code : "accepted";
  };

  it("names an approval for another hash", () => {
    expect(refusal((input) => ({ ...input, planHash: testDigest("another") }))).toBe("E_APPROVAL_HASH");
  });

  it("names an approval that has expired at the greatest time seen", () => {
    expect(refusal((input) => ({ ...input, atMs: 1e9 }))).toBe("E_APPROVAL_EXPIRED");
  });

  it("names a missing approval of a plan that writes", () => {
    expect(refusal((input) => ({ ...input, authorization: { kind: "read_only", policies: null } }))).toBe(
      "E_APPROVAL_MISSING",
    );
  });

  it("names a domain that has changed", () => {
    expect(refusal((input) => ({ ...input, current: { ...input.current, domain: testDigest("other") } }))).toBe(
      "E_DOMAIN_DRIFT",
    );
  });

  it("names a target that has changed", () => {
    expect(
      refusal((input) => ({
        ...input,
        current: {
          ...input.current,
          targets: input.current.targets.map((seen) => ({ ...seen, fingerprint: testDigest("other") })),
        },
      })),
    ).toBe("E_TARGET_CHANGED");
  });

  it("names an approval that was used before", () => {
    const driver = testDriver();
    const input = startOf(plan, driver);
    give(driver, input);
    driver.run = null;

    const decision = give(driver, { ...input, runId: "run_2" });

    expect(decision).toMatchObject({ kind: "refused", problem: { code: "E_APPROVAL_REPLAY" } });
  });

  it("names an approval that a newer one of the same plan replaced", () => {
    const driver = testDriver();
    const input = startOf(plan, driver);
    driver.site = applySite(driver.site, approvalRecorded(input.planHash, "ap_newer"), input.atMs);

    expect(give(driver, input)).toMatchObject({
      kind: "refused",
      problem: { code: "E_APPROVAL_REPLAY", message: "a newer approval of this plan replaced this one" },
    });
  });

  it("names a run that started after the approval and used up all that were there", () => {
    const driver = testDriver();
    const input = startOf(plan, driver);
    const recorded = ["ap_older", "ap_newer"].map((id) => approvalRecorded(input.planHash, id));
    for (const event of recorded) driver.site = applySite(driver.site, event, input.atMs);
    const authorized = (approvalId: string) => ({
      ...input,
      authorization: { ...approvalOf(input.planHash), approvalId },
    });
    const first = give(driver, authorized("ap_newer"));
    driver.run = null;

    expect(first.kind).toBe("accepted");
    expect(give(driver, { ...authorized("ap_older"), runId: "run_2" })).toMatchObject({
      kind: "refused",
      problem: { code: "E_APPROVAL_REPLAY", message: expect.stringContaining("used up every approval") },
    });
  });

  it("names the run that holds a lock", () => {
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    driver.run = null;

    const decision = give(driver, startOf(plan, driver, "run_2"));

    expect(decision).toMatchObject({
      kind: "refused",
      problem: { code: "E_LOCKED", message: "`box/a` is locked by `run_1`" },
    });
  });

  it("names the parent that has not ended, because one of its steps may be in doubt", () => {
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    driver.run = null;
    const successor = { ...planOf([{ id: "z" }]), parent: { runId: "run_1", incidentId: "inc_1" } };

    expect(give(driver, startOf(successor, driver, "run_2"))).toMatchObject({
      kind: "refused",
      problem: { code: "E_PARENT_OPEN" },
    });
  });

  it("names a plan that a person rejected", () => {
    const driver = testDriver();
    const input = startOf(plan, driver);
    driver.site = applySite(
      driver.site,
      { kind: "approval_rejected", runId: null, planHash: input.planHash, by: alice, reason: "no" },
      1_000,
    );

    expect(give(driver, input)).toMatchObject({ kind: "refused", problem: { code: "E_APPROVAL_REJECTED" } });
  });

  it("names an unattended approval outside a laboratory", () => {
    const driver = testDriver();
    const input = startOf(planOf([{ id: "a" }], { environment: "production" }), driver);

    const decision = give(driver, {
      ...input,
      authorization: { ...approvalOf(input.planHash), attended: false } as Authorization,
    });

    expect(decision).toMatchObject({ kind: "refused", problem: { code: "E_APPROVAL_UNATTENDED" } });
  });

  it("names every pin that has changed", () => {
    const codes = (["pack", "connections", "policies", "situation", "evidence", "engine"] as const).map((pin) =>
      refusal((input) => ({ ...input, current: { ...input.current, [pin]: testDigest("other") } })),
    );

    expect(codes).toEqual([
      "E_PACK_DRIFT",
      "E_CONNECTION_CHANGED",
      "E_POLICY_CHANGED",
      "E_SITUATION_CHANGED",
      "E_EVIDENCE_CHANGED",
      "E_ENGINE_CHANGED",
    ]);
    expect(refusal((input) => ({ ...input, current: { ...input.current, targets: [] } }))).toBe("E_TARGET_UNSEEN");
  });

  it("names the frozen scope", () => {
    const driver = testDriver();
    give(driver, { kind: "freeze", atMs: 1_000, runId: null, scope: "boxes", by: alice, reason: "holidays" });

    expect(give(driver, startOf(plan, driver))).toMatchObject({ kind: "refused", problem: { code: "E_FROZEN" } });
  });
});

describe("a step that fails", () => {
  it("rejected for good undoes the steps before it, newest first", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]), driver));
    for (const step of ["a", "b"]) {
      read(driver, dueFor(driver, "observe", step));
      land(driver, dueFor(driver, "send", step));
      answer(driver, dueFor(driver, "send", step), { kind: "applied", output: null, outputBytes: 0, outcome: null });
      read(driver, dueFor(driver, "observe", step));
    }
    read(driver, dueFor(driver, "observe", "c"));
    answer(driver, dueFor(driver, "send", "c"), {
      kind: "rejected",
      problem: { code: "E_STEP_REJECTED", pointer: "", message: "no", hint: "" },
      retryable: false,
    });

    runToRest(driver);

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_compensated" ? [event.stepId] : []))).toEqual([
      "b",
      "a",
    ]);
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "compensated", wrote: [] });
    expect(Object.fromEntries(driver.levels)).toEqual({ a: 0, b: 0 });
  });
});

describe("a grant", () => {
  const plan = planOf([{ id: "a", costUsd: 2 }], { bounds: { writeCount: 1, costUsd: 2 } });
  const granted = (left: {
    readonly writeCountMax: number;
    readonly costUsdMax: number;
    readonly expiresAtMs: number;
  }) => {
    const driver = testDriver();
    driver.site = applySite(
      driver.site,
      { kind: "grant_recorded", runId: null, grantId: "gr_1", envelope: testDigest("envelope"), by: alice, ...left },
      1_000,
    );
    const input = startOf(plan, driver);
    const authorization = {
      kind: "grant",
      grantId: "gr_1",
      planHash: input.planHash,
      expiresAtMs: 1e9,
      attended: true,
      solo: false,
    } as const;
    return { driver, decision: give(driver, { ...input, authorization }) };
  };

  it("is debited with the worst case when a run starts under it", () => {
    const { driver, decision } = granted({ writeCountMax: 5, costUsdMax: 5, expiresAtMs: 1e9 });

    expect(decision.kind).toBe("accepted");
    expect(mapGet(driver.site.grants, "gr_1")).toEqual({ writeCountLeft: 4, costUsdLeft: 3, expiresAtMs: 1e9 });
  });

  it("starts nothing if it is used up, has expired or was never recorded", () => {
    expect(granted({ writeCountMax: 0, costUsdMax: 5, expiresAtMs: 1e9 }).decision).toMatchObject({
      problem: { code: "E_GRANT_EXHAUSTED" },
    });
    expect(granted({ writeCountMax: 5, costUsdMax: 1, expiresAtMs: 1e9 }).decision).toMatchObject({
      problem: { code: "E_GRANT_EXHAUSTED" },
    });
    expect(granted({ writeCountMax: 5, costUsdMax: 5, expiresAtMs: 1_000 }).decision).toMatchObject({
      problem: { code: "E_APPROVAL_EXPIRED" },
    });
    const driver = testDriver();
    const input = startOf(plan, driver);
    const unknown = {
      kind: "grant",
      grantId: "gr_2",
      planHash: input.planHash,
      expiresAtMs: 1e9,
      attended: true,
      solo: false,
    } as const;
    expect(give(driver, { ...input, authorization: unknown })).toMatchObject({ problem: { code: "E_GRANT_UNKNOWN" } });
  });
});
