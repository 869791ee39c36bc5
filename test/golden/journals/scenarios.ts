// The runs of the stored journals, each driven through the kernel of the release that writes them.

import type { Plan } from "../../../src/core/plan/plan.ts";
import {
  alice,
  answer,
  dueFor,
  give,
  read,
  runToRest,
  startOf,
  type TestDriver,
  testDriver,
} from "../../../src/core/run/fixtures/driver.fixture.ts";
import { planOf } from "../../../src/core/run/fixtures/plan.fixture.ts";
import { type Problem, problem } from "../../../src/core/value/codes.ts";

/** A named run, with the plan that it was approved for. */
export interface Scenario {
  readonly name: string;
  readonly plan: Plan;
  readonly drive: (driver: TestDriver) => void;
}

const lost: Problem = problem("E_TIMEOUT", "", "the target did not answer in time");
const refused: Problem = problem("E_TIMEOUT", "", "the target refused");

/** Every scenario of this release. A later release may add some but changes none. */
export const scenarios: readonly Scenario[] = [
  {
    name: "succeeded",
    plan: planOf([{ id: "a" }, { id: "b", after: ["a"] }], { goal: "box.b.level == 1" }),
    drive: (driver) => runToRest(driver),
  },
  {
    name: "compensated",
    plan: planOf([{ id: "a" }, { id: "b" }, { id: "c", after: ["a", "b"] }]),
    drive: (driver) => {
      for (const id of ["a", "b"]) settle(driver, id);
      read(driver, dueFor(driver, "observe", "c"));
      answer(driver, dueFor(driver, "send", "c"), { kind: "rejected", problem: refused, retryable: false });
      runToRest(driver);
    },
  },
  {
    name: "branched",
    plan: planOf([
      { id: "p", kind: "probe", outcomes: ["yes", "no"] },
      { id: "a", after: ["p"], when: "p == 'yes'" },
      { id: "b", after: ["p"], when: "p == 'no'" },
    ]),
    drive: (driver) => runToRest(driver, () => "no"),
  },
  {
    name: "in-doubt-resolved",
    plan: planOf([
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"] },
    ]),
    drive: (driver) => {
      read(driver, dueFor(driver, "observe", "a"));
      answer(driver, dueFor(driver, "send", "a"), { kind: "unknown", problem: lost });
      give(driver, {
        kind: "resolve",
        atMs: driver.nowMs,
        runId: "run_1",
        stepId: "a",
        as: "not_applied",
        by: alice,
        reason: "looked at it",
      });
      runToRest(driver);
    },
  },
  {
    name: "taken-over",
    plan: planOf([{ id: "a" }, { id: "b", after: ["a"] }]),
    drive: (driver) => {
      read(driver, dueFor(driver, "observe", "a"));
      give(driver, { kind: "epoch", atMs: driver.nowMs, runId: "run_1", epoch: 2, standing: { kind: "permitted" } });
      runToRest(driver);
    },
  },
  {
    name: "stopped",
    plan: planOf([{ id: "a" }, { id: "b", after: ["a"] }]),
    drive: (driver) => {
      settle(driver, "a");
      give(driver, { kind: "stop", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "enough" });
      runToRest(driver);
    },
  },
  {
    name: "asked-and-rejected",
    plan: planOf([
      { id: "a" },
      { id: "q", kind: "approve", after: ["a"] },
      { id: "esc", kind: "escalate", after: ["q"], when: "q != 'approved'" },
      { id: "b", after: ["q"], when: "q == 'approved'" },
      { id: "end", kind: "end", after: ["b"], when: "b == 'done'" },
    ]),
    drive: (driver) => {
      settle(driver, "a");
      give(driver, { kind: "answer", atMs: driver.nowMs, runId: "run_1", stepId: "q", answer: "rejected", by: alice });
      runToRest(driver);
    },
  },
];

/** Takes one write from its first reading to its settlement. */
function settle(driver: TestDriver, stepId: string): void {
  read(driver, dueFor(driver, "observe", stepId));
  const send = dueFor(driver, "send", stepId);
  driver.levels.set((send.call.with as { readonly box: string }).box, 1);
  answer(driver, send, { kind: "applied", output: { level: 1 }, outputBytes: 11, outcome: null });
  read(driver, dueFor(driver, "observe", stepId));
}

/** Drives a scenario from its start. */
export function drive({ plan, drive: go }: Scenario): TestDriver {
  const driver = testDriver();
  give(driver, startOf(plan, driver));
  go(driver);
  return driver;
}
