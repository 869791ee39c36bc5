import { describe, expect, it } from "vitest";
import { problem } from "../../value/codes.ts";
import { digest } from "../../value/digest.ts";
import { give, runToRest, startOf, testDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import { creditsOf } from "./credits.ts";

describe("who did what for a run", () => {
  it("names proposer, approver and the connections over which calls were sent", () => {
    const plan = planOf([{ id: "a" }]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    runToRest(driver);

    const credits = creditsOf(plan, driver.records, []);

    expect(credits.proposedBy).toEqual(plan.proposer);
    expect(credits.decidedBy).toEqual({ situation: null });
    expect(credits.approvedBy).toMatchObject({ kind: "approval" });
    expect(credits.executedBy).toEqual([{ connection: "boxes", connector: "test" }]);
    expect(credits.times).toMatchObject({ decidedInMs: null, waitedMs: null });
  });

  it("credits no connection where no call was sent, and nobody with an approval that was not given", () => {
    const plan = planOf([{ id: "a" }]);

    expect(creditsOf(plan, [], [])).toMatchObject({ executedBy: [], approvedBy: null });
  });

  it("tells the times of deciding, waiting, calling and holding apart", () => {
    const plan = planOf([{ id: "a" }]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    const [started] = driver.records;
    if (started === undefined) return expect.unreachable();
    const hash = digest("interlock.test/1", {});
    const by = { kind: "person", id: "alice", keyId: null } as const;
    const attempt = { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 } as const;
    const intent = { idempotencyKey: "k", access: "write", pace: null, args: [], baseline: [] } as const;
    const reply = { kind: "applied", output: null, outputBytes: 0, outcome: null } as const;
    const settled = { outcome: "done", facts: [], left: null, problem: null, by: null } as const;
    const at = (laterMs: number): number => started.atMs + laterMs;

    const { times } = creditsOf(
      plan,
      [
        started,
        { atMs: at(100), event: { kind: "step_intent", runId: "run_1", attempt, ...intent } },
        { atMs: at(350), event: { kind: "attempt_settled", runId: "run_1", attempt, reply } },
        { atMs: at(1_350), event: { kind: "step_settled", runId: "run_1", stepId: "a", ...settled } },
      ],
      [
        {
          atMs: at(-900),
          event: { kind: "incident_opened", runId: null, incidentId: "i", key: "k", situation: hash, by },
        },
        {
          atMs: at(-700),
          event: { kind: "plan_recorded", runId: null, planHash: hash, proposalDigest: null, by },
        },
      ],
    );

    expect(times).toEqual({ decidedInMs: 200, waitedMs: 700, executedInMs: 250, heldForMs: 1_000 });
  });

  it("count nothing for what the log has only a part of, as after an upgrade in the middle of a run", () => {
    const plan = planOf([{ id: "a" }]);
    const attempt = { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 } as const;
    const reply = { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer"), retryable: false } as const;
    const settled = { outcome: "done", facts: [], left: null, problem: null, by: null } as const;

    const { times } = creditsOf(
      plan,
      [
        { atMs: 50, event: { kind: "attempt_settled", runId: "run_1", attempt, reply } },
        { atMs: 90, event: { kind: "step_settled", runId: "run_1", stepId: "a", ...settled } },
      ],
      [],
    );

    expect(times).toMatchObject({ executedInMs: 0, heldForMs: 0 });
  });
});
