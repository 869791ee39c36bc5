import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyRun, createRun } from "../apply/apply.ts";
import { applySite, emptySite } from "../apply/site.ts";
import { vectorItems } from "../collections/persistent-vector.ts";
import { due } from "../due/due.ts";
import { alice, dueNow, give, land, seeBox, startOf, type TestDriver, testDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";
import type { Event } from "../words/event.ts";
import type { Input, Reply } from "../words/input.ts";
import type { RunState, SiteState } from "../words/state.ts";
import { decide } from "./decide.ts";

/*
 * The simulator gives inputs that a driver would give. This test gives any input: answers that nothing waits for,
 * answers to commands long over, a person's word about anything, invalid times and epochs. Every input is decided, a
 * refusal leaves one record, and the log folds to what was decided, even when read back from JSON (I7, I10).
 */

const plans = [
  planOf([{ id: "a" }, { id: "b" }, { id: "c", after: ["a", "b"] }], { goal: "box.c.level == 1" }),
  planOf([
    { id: "a", idempotency: "none" },
    { id: "b", idempotency: "natural", landsWithinMs: 500, after: ["a"] },
    { id: "r", kind: "probe" },
  ]),
  planOf([
    { id: "a" },
    { id: "q", kind: "approve", after: ["a"] },
    { id: "w", kind: "wait", after: ["a"] },
    { id: "b", after: ["q", "w"], when: "q == 'approved'" },
  ]),
  planOf(
    [
      { id: "a", onFailure: "branch", attemptsMax: 3 },
      { id: "b", after: ["a"], when: "a == 'failed'", irreversible: true },
      { id: "c", after: ["a"], when: "a == 'done'", costUsd: 2 },
    ],
    { bounds: { costUsd: 4, callCount: 9 } },
  ),
  planOf([
    { id: "a", box: "x", cooldownMs: 1_000 },
    { id: "b", box: "x", level: 2, after: ["a"], idempotency: "none", onFailure: "escalate" },
    { id: "c", after: ["b"] },
  ]),
];

/** One choice of a schedule: the kind of input, and its subject. */
type Choose = (count: number) => number;

const problem = { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } as const;
const robot = { kind: "agent", id: "robot", keyId: null } as const;
const replies: readonly Reply[] = [
  { kind: "applied", output: { level: 1 }, outputBytes: 9, outcome: "yes" },
  { kind: "applied", output: null, outputBytes: 1, outcome: "undeclared" },
  { kind: "applied", output: { operation: 7 }, outputBytes: 1, outcome: null, retryAfterMs: 5_000 },
  { kind: "rejected", problem, retryable: true },
  { kind: "rejected", problem, retryable: false },
  { kind: "not_sent", problem },
  { kind: "unknown", problem },
];

function pick<T>(choose: Choose, items: readonly T[]): T {
  // The index is below the length.
  return items[choose(items.length)] as T;
}

/** An answer to something that is due, right or wrong; `null` if nothing is due. */
function answerTo(driver: TestDriver, choose: Choose): Input | null {
  const commands = dueNow(driver);
  if (commands.length === 0) return null;
  const command = pick(choose, commands);
  const atMs = driver.nowMs;
  switch (command.kind) {
    case "timer":
      driver.nowMs = Math.max(atMs, pick(choose, [atMs, Math.min(command.atMs, atMs + 90_000)]));
      return { kind: "tick", atMs: driver.nowMs, runId: command.runId };
    case "send":
      if (choose(4) > 0) land(driver, command);
      return { kind: "reply", atMs, runId: "run_1", attempt: command.attempt, reply: pick(choose, replies) };
    case "ask": {
      if (choose(6) === 0) driver.nowMs = Math.max(atMs, Math.min(command.untilMs, atMs + 60_000));
      const output = { status: pick(choose, ["running", "done", "failed", "cancelled", "odd", null, { no: "word" }]) };
      const told: Reply = {
        kind: "applied",
        output: { ...output, percent: choose(120), says: "…" },
        outputBytes: 1,
        outcome: null,
      };
      const reply = choose(3) === 0 ? pick(choose, replies) : told;
      return { kind: "asked", atMs: driver.nowMs, runId: "run_1", commandId: command.id, reply };
    }
    case "observe": {
      if (choose(6) === 0) driver.nowMs = Math.max(atMs, Math.min(command.untilMs, atMs + 60_000));
      const objects =
        choose(12) === 0 ? [] : command.objects.map((object) => seeBox(driver, object.slice("box/".length)));
      const seen = {
        kind: "seen",
        objects,
        heldMs: pick(choose, [0, command.holdMs, Number.NaN]),
        waitedMs: pick(choose, [0, command.quietMs, 1e9]),
      } as const;
      const standing = choose(20) === 0 ? ({ kind: "withdrawn", problem } as const) : ({ kind: "permitted" } as const);
      return {
        kind: "observed",
        atMs: driver.nowMs,
        runId: "run_1",
        commandId: command.id,
        standing,
        result: choose(8) === 0 ? { kind: "failed", problem } : seen,
      };
    }
  }
}

/** Any input, from anybody, about anything. */
function anything(driver: TestDriver, choose: Choose): Input {
  const atMs = pick(choose, [
    driver.nowMs,
    driver.nowMs,
    driver.nowMs,
    driver.nowMs - 5_000,
    Number.NaN,
    Infinity,
    -1,
    1.5,
  ]);
  const stepId = pick(choose, ["a", "b", "c", "q", "r", "w", "end", "nobody", ""]);
  const by = pick(choose, [alice, alice, alice, robot]);
  const at = { atMs, runId: "run_1" } as const;
  const attempt = {
    runId: pick(choose, ["run_1", "run_2"]),
    stepId,
    direction: pick(choose, ["do", "undo"] as const),
    n: pick(choose, [1, 2, 0, Number.NaN]),
    epoch: pick(choose, [1, 2, 0]),
  };
  return pick<() => Input>(choose, [
    () => ({
      ...at,
      kind: pick(choose, ["rollback", "rollback", "rollback", "stop", "close", "kill"] as const),
      by,
      reason: "",
    }),
    () => ({
      ...at,
      kind: "resolve",
      stepId,
      as: pick(choose, ["applied", "not_applied", "restored"] as const),
      by,
      reason: "",
    }),
    () => ({
      ...at,
      kind: "resolve",
      stepId: waitedFor(driver) ?? stepId,
      as: pick(choose, ["applied", "not_applied", "restored"] as const),
      by: alice,
      reason: "",
    }),
    () => ({ ...at, kind: "answer", stepId, answer: pick(choose, ["approved", "rejected"] as const), by }),
    () => ({
      atMs,
      runId: null,
      kind: pick(choose, ["freeze", "unfreeze"] as const),
      scope: pick(choose, ["*", "boxes", "box/a", ""]),
      by,
      reason: "",
    }),
    () => ({
      ...at,
      kind: "epoch",
      epoch: pick(choose, [2, 3, 4, 0, -1, Number.NaN]),
      standing: { kind: "permitted" },
    }),
    () => ({ ...at, kind: "reply", attempt, reply: pick(choose, replies) }),
    () => ({
      ...at,
      kind: "observed",
      commandId: pick(choose, ["", "/", "run_1//", `run_1/${stepId}/before/0`, `run_1/${stepId}/after/1`]),
      standing: { kind: "permitted" },
      result: { kind: "failed", problem },
    }),
    () => ({ ...at, kind: "tick" }),
    () => ({ ...startOf(plans[0] ?? expect.fail(), driver), atMs }),
  ])();
}

/** The step that waits for a person, or `null`. */
function waitedFor({ run }: TestDriver): string | null {
  return run === null ? null : (viewRun(run).waitingFor.find(({ kind }) => kind === "person")?.stepId ?? null);
}

interface Folded {
  readonly site: SiteState;
  readonly run: RunState | null;
}

function foldOn({ site, run }: Folded, event: Event, atMs: number, plan: (typeof plans)[number]): Folded {
  // A store gives back what JSON kept.
  const kept = JSON.parse(JSON.stringify(event)) as Event;
  const begun = run === null && kept.kind === "run_started" ? createRun(plan, kept.planHash, kept.runId) : run;
  return {
    site: applySite(site, kept, atMs),
    run: begun === null || kept.runId === null ? begun : applyRun(begun, kept, atMs),
  };
}

const plain = (run: RunState | null): unknown =>
  run === null
    ? null
    : { ...run, prepared: null, steps: vectorItems(run.steps), baselines: vectorItems(run.baselines) };

describe("inputs of every kind, in any state and any order", () => {
  it("are decided and recorded, and their records fold to what was decided", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 200, maxLength: 600 }),
        fc.nat(plans.length - 1),
        (tape, planIndex) => {
          const plan = plans[planIndex] ?? expect.fail();
          const driver = testDriver();
          let position = 0;
          const choose: Choose = (count) => (tape[(position += 1)] ?? 0) % count;
          let folded: Folded = {
            site: applySite(emptySite(), { kind: "engine_opened", runId: null, epoch: 1, release: "test" }, 0),
            run: null,
          };
          give(driver, startOf(plan, driver));
          for (const { event, atMs } of driver.records) folded = foldOn(folded, event, atMs, plan);

          while (position < tape.length) {
            driver.nowMs += choose(800);
            const input = (choose(5) > 0 ? answerTo(driver, choose) : null) ?? anything(driver, choose);
            const decision = decide(driver.site, input.runId === null ? null : driver.run, input);
            for (const event of decision.events) folded = foldOn(folded, event, decision.atMs, plan);
            if (decision.kind === "refused") expect(decision.events.map(({ kind }) => kind)).toEqual(["input_refused"]);
            driver.site = decision.site;
            driver.run = decision.run ?? driver.run;

            expect(plain(folded.run)).toEqual(plain(driver.run));
            const run = driver.run ?? expect.fail();
            expect(new Set(due(run).map(({ id }) => id)).size).toBe(due(run).length);
            expect(viewRun(run).runId).toBe("run_1");
          }
          expect(folded.site).toEqual(driver.site);
        },
      ),
      { numRuns: 120, seed: 7 },
    );
  });
});
