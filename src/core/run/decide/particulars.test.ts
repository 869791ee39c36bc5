import { describe, expect, it } from "vitest";
import { applySite, emptySite } from "../apply/site.ts";
import { emptyMap, mapWith } from "../collections/persistent-map.ts";
import { vectorAt, vectorOf, vectorUpdate, vectorWith } from "../collections/persistent-vector.ts";
import { boundedPollMs, doubtPollMs, isDue, readWithinMs } from "../due/due.ts";
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
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import { proposeRollback } from "../tell/propose-rollback.ts";
import { viewRun } from "../tell/view.ts";
import type { Event } from "../words/event.ts";

// Small things that a change of one sign or one word in the kernel would break, each with a test of what would follow.

type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;

function eventsOf<Kind extends Event["kind"]>(driver: ReturnType<typeof begin>, kind: Kind): readonly EventOf<Kind>[] {
  // Only events of this kind are kept.
  return driver.records.flatMap(({ event }) => (event.kind === kind ? [event as EventOf<Kind>] : []));
}

describe("what a run has used", () => {
  it("counts every call, those of the way back too, but only the writes and costs that go forward", () => {
    const driver = begin([
      { id: "p", kind: "probe", costUsd: 1 },
      { id: "a", after: ["p"], costUsd: 2 },
      { id: "b", after: ["a"] },
    ]);
    answer(driver, dueFor(driver, "send", "p"), { ...replies.applied, outputBytes: 7, outcome: "yes" });
    finish(driver, "a");
    expect(driver.run?.spent).toMatchObject({ callCount: 2, writeCount: 1, costUsd: 3, outputBytes: 8 });

    order(driver, "rollback");
    finish(driver, "a");

    expect(driver.run?.spent).toMatchObject({ callCount: 3, writeCount: 1, costUsd: 3, outputBytes: 9 });
  });

  it("remembers an intent for the site only if a cooldown or a rate asks for it", () => {
    const steps = [
      { id: "a" },
      { id: "b", cooldownMs: 300 },
      { id: "c", rate: { count: 3, perMs: 2_000 } },
      { id: "d", cooldownMs: 5_000, rate: { count: 3, perMs: 2_000 } },
    ] as const;
    const driver = begin(steps);
    for (const { id } of steps) read(driver, dueFor(driver, "observe", id));

    expect(eventsOf(driver, "step_intent").map(({ pace }) => pace)).toEqual([
      null,
      { key: "box.set@box/b", windowMs: 300, countMax: 1 },
      { key: "box.set@box/c", windowMs: 2_000, countMax: 3 },
      { key: "box.set@box/d", windowMs: 5_000, countMax: 3 },
    ]);
  });
});

describe("a step that is held", () => {
  it("asks for a new reading when it is released, and an answer to the first comes too late", () => {
    const driver = begin([{ id: "a" }]);
    const first = dueFor(driver, "observe", "a");
    const freeze = { runId: null, scope: "box/a", by: alice, reason: "" } as const;
    give(driver, { ...freeze, kind: "freeze", atMs: driver.nowMs });
    read(driver, first);
    give(driver, { ...freeze, kind: "unfreeze", atMs: driver.nowMs });
    tick(driver, 0);

    expect([first.id, dueFor(driver, "observe", "a").id]).toEqual(["run_1/a/before/0", "run_1/a/before/2"]);
    expect(read(driver, first)).toMatchObject({ kind: "refused", problem: { code: "E_INPUT_STALE" } });
  });

  it("by a cooldown is not looked at again before that is over, whatever happens meanwhile", () => {
    const driver = begin([
      { id: "a", box: "x", level: 1, cooldownMs: 500 },
      { id: "b", after: ["a"], box: "x", level: 2, cooldownMs: 500 },
    ]);
    finish(driver, "a");
    read(driver, dueFor(driver, "observe", "b"));
    give(driver, { kind: "freeze", atMs: driver.nowMs, runId: null, scope: "box/x", by: alice, reason: "" });

    expect(kindsOf(tick(driver, 499))).toEqual([]);
    expect(kindsOf(tick(driver, 1))).toEqual(["step_held"]);
  });
});

describe("how long a driver reads", () => {
  it("before a write, and for the goal: a fixed time from when the step came up", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 1" });
    expect(dueFor(driver, "observe", "a")).toMatchObject({
      purpose: "before",
      untilMs: driver.nowMs + readWithinMs,
      quietMs: 0,
      holdMs: 0,
    });

    driver.nowMs += 700;
    finish(driver, "a");

    expect(dueFor(driver, "observe", "end")).toMatchObject({ purpose: "goal", untilMs: driver.nowMs + readWithinMs });
  });

  it("after a write: for as long as its post-condition declares, and has to hold", () => {
    const driver = begin([{ id: "a", holdMs: 250 }]);
    attempt(driver, "a", replies.applied);
    const command = dueFor(driver, "observe", "a");

    expect(command).toMatchObject({
      purpose: "after",
      untilMs: driver.nowMs + 5_000 + 250,
      holdMs: 250,
      everyMs: 100,
      quietMs: 0,
    });
    expect(kindsOf(read(driver, command, { heldMs: 249 }))).toEqual([]);
    expect(kindsOf(read(driver, command, { heldMs: 250 }))).toContain("step_settled");
  });

  it.each([
    ["until nothing can land any more, where the target bounds that", 5_000, 5_000],
    ["and as long too where that is late", 3 * doubtPollMs, 3 * doubtPollMs],
    ["with a pause at least, where an effect lands at once", 0, boundedPollMs],
    ["one round at a time where nothing bounds it", null, doubtPollMs],
  ])("for a doubt: %s", (_, landsWithinMs, quietMs) => {
    const driver = begin([{ id: "a", idempotency: "none", landsWithinMs }]);
    attempt(driver, "a", replies.unknown);

    expect(dueFor(driver, "observe", "a")).toMatchObject({ quietMs, untilMs: driver.nowMs + quietMs });
  });

  it("for a doubt about what held before the write: until nothing can land any more", () => {
    const driver = testDriver({ a: 1 });
    give(
      driver,
      startOf(planOf([{ id: "a", idempotency: "none", landsWithinMs: 3_000 }], { levels: { a: 1 } }), driver),
    );
    attempt(driver, "a", replies.unknown);

    const command = dueFor(driver, "observe", "a");
    expect(command).toMatchObject({ expect: "box.a.level == 1", holdMs: 3_000, quietMs: 3_000 });
    expect(kindsOf(read(driver, command, { heldMs: 2_999, waitedMs: 0 }))).toEqual([]);
    expect(kindsOf(read(driver, command))).toContain("step_settled");
  });

  it("for the way back: before it as before a write, and after it for as long as it declares", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
    finish(driver, "a");
    driver.nowMs += 900;
    order(driver, "rollback");
    expect(dueFor(driver, "observe", "a")).toMatchObject({
      purpose: "undo_before",
      untilMs: driver.nowMs + readWithinMs,
    });

    attempt(driver, "a", replies.applied);

    expect(dueFor(driver, "observe", "a")).toMatchObject({
      purpose: "undo_after",
      expect: "box.a.level == 0",
      untilMs: driver.nowMs + 5_000,
      everyMs: 100,
      holdMs: 0,
    });
  });

  it("a reading that failed settles no doubt, even if an effect lands at once or never", () => {
    const driver = begin([{ id: "a", idempotency: "none", landsWithinMs: 0 }]);
    attempt(driver, "a", replies.unknown);
    const command = dueFor(driver, "observe", "a");
    const failed = {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: { code: "E_OBSERVE", pointer: "", message: "", hint: "" } },
    } as const;

    expect(kindsOf(give(driver, failed))).toEqual([]);
    expect(kindsOf(read(driver, command, { waitedMs: 0 }))).toContain("step_resolved");
  });

  it("patience with a doubt is the declared time of its direction", () => {
    const plan = planOf([
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"] },
    ]);
    const steps = plan.steps.map((step) =>
      step.kind === "act" && step.compensation !== null
        ? { ...step, compensation: { ...step.compensation, withinMs: 9_000 } }
        : step,
    );
    const forward = beginPlan({ ...plan, steps });
    attempt(forward, "a", replies.unknown);
    const back = beginPlan({ ...plan, steps });
    finish(back, "a");
    order(back, "rollback");
    attempt(back, "a", replies.unknown);

    expect([forward, back].map(({ run }) => (run === null ? null : doubtPatienceMs(run)))).toEqual([5_000, 9_000]);
  });
});

describe("a retry", () => {
  it("records its direction and its pause", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
    attempt(driver, "a", replies.busy);
    tick(driver, 100);
    finish(driver, "a");
    order(driver, "rollback");
    attempt(driver, "a", replies.busy);

    expect(eventsOf(driver, "retry_scheduled").map(({ direction, atMs }) => [direction, atMs])).toEqual([
      ["do", 1_100],
      ["undo", 1_200],
    ]);
  });

  it("of a read is never in doubt, even if the engine that takes over has other connections", () => {
    const driver = begin([{ id: "p", kind: "probe" }]);
    answer(driver, dueFor(driver, "send", "p"), replies.unknown);
    const problem = { code: "E_CONNECTION_CHANGED", pointer: "", message: "it leads elsewhere", hint: "" } as const;

    expect(
      kindsOf(
        give(driver, {
          kind: "epoch",
          atMs: driver.nowMs,
          runId: "run_1",
          epoch: 2,
          standing: { kind: "withdrawn", problem },
        }),
      ),
    ).toEqual(["epoch_changed"]);
    expect(stateOf(driver, "p").kind).toBe("backing_off");
  });
});

it("an unattended approval counts in a lab, and nowhere else", () => {
  const outcomes = (["lab", "production"] as const).map((environment) => {
    const driver = testDriver();
    const input = startOf(planOf([{ id: "a" }], { environment: environment as "lab" }), driver);
    const decision = give(driver, {
      ...input,
      authorization: { ...input.authorization, attended: false } as typeof input.authorization,
    });
    return decision.kind === "refused" ? decision.problem.code : decision.kind;
  });

  expect(outcomes).toEqual(["accepted", "E_APPROVAL_UNATTENDED"]);
});

it("the arguments of a way back are recorded sorted by name, without the plan's literals", () => {
  const plan = planOf([{ id: "a" }, { id: "b", after: ["a"] }]);
  const steps = plan.steps.map((step) => {
    if (step.kind !== "act" || step.compensation === null) return step;
    const args = step.compensation.args.flatMap((argument) =>
      ["zeal", "level", "again"].map((name) => ({ ...argument, name })),
    );
    return { ...step, compensation: { ...step.compensation, args } };
  });
  const driver = beginPlan({ ...plan, steps });
  finish(driver, "a");
  order(driver, "rollback");
  read(driver, dueFor(driver, "observe", "a"));

  expect(eventsOf(driver, "step_intent").at(-1)?.args).toEqual(
    ["again", "level", "zeal"].map((name) => ({ name, value: 0 })),
  );
});

it("what a rollback proposes assumes nothing and declines nothing", () => {
  const driver = begin([{ id: "a" }]);
  runToRest(driver);

  expect(phaseOf(driver)).toBe("succeeded");
  expect(proposeRollback(driver.run ?? expect.fail())).toMatchObject({
    ok: true,
    value: {
      format: "interlock.proposal/1",
      assumptions: [],
      decline: "",
      summary: "Undo what run_1 did.",
      steps: [{ kind: "act", expect: [], when: "", onFailure: "escalate" }],
    },
  });
});

it("a vector is read and changed only within its length", () => {
  const vector = vectorOf([1, 2, 3]);

  for (const index of [-1, 3, 16]) {
    expect(() => vectorAt(vector, index)).toThrow("a vector is read within its length");
    expect(() => vectorWith(vector, index, 0)).toThrow("a vector is changed within its length");
  }
  expect([0, 1, 2].map((index) => vectorAt(vectorWith(vector, 2, 9), index))).toEqual([1, 2, 9]);
});

it("a run that drains on a person's word has no problem to show", () => {
  const driver = begin([{ id: "a" }, { id: "b" }]);
  read(driver, dueFor(driver, "observe", "a"));
  order(driver, "stop");

  expect({ codes: codesOf(driver), due: dueNow(driver).map(({ kind }) => kind), b: stateOf(driver, "b").kind }).toEqual(
    { codes: [], due: ["send"], b: "abandoned" },
  );
});

it("a kill without a reason is shown as a kill", () => {
  const driver = begin([{ id: "a" }]);
  give(driver, { kind: "kill", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });

  expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "stopped", reason: "killed by alice" });
});

it("a call that a closed run left in the air is no longer due", () => {
  const driver = begin([{ id: "a" }]);
  read(driver, dueFor(driver, "observe", "a"));
  const command = dueFor(driver, "send", "a");
  const before = driver.run ?? expect.fail();
  order(driver, "kill");
  const killed = driver.run ?? expect.fail();
  order(driver, "close");
  const closed = driver.run ?? expect.fail();

  expect([before, killed, closed].map((run) => isDue(run, command))).toEqual([true, false, false]);
});

it("a second request for the way back is refused while the first still waits", () => {
  const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
  finish(driver, "a");
  read(driver, dueFor(driver, "observe", "b"));
  order(driver, "stop");

  expect([order(driver, "rollback").kind, order(driver, "rollback").kind, phaseOf(driver)]).toEqual([
    "accepted",
    "refused",
    "draining",
  ]);
});

it("a read is repeated whatever its action declares", () => {
  const driver = begin([{ id: "p", kind: "probe", idempotency: "none", attemptsMax: 3 }]);
  answer(driver, dueFor(driver, "send", "p"), replies.unknown);
  tick(driver, 100);

  expect(dueFor(driver, "send", "p").attempt.n).toBe(2);
});

it("no branch of the plan answers a read that fails because its calls are used up", () => {
  const plan = planOf(
    [
      { id: "r", kind: "probe", attemptsMax: 3, onFailure: "branch" },
      { id: "b", after: ["r"], when: "r == 'failed'" },
    ],
    { bounds: { callCount: 1 } },
  );
  const driver = beginPlan({
    ...plan,
    steps: plan.steps.map((step) => (step.kind === "probe" ? { ...step, kind: "act" as const } : step)),
  });
  answer(driver, dueFor(driver, "send", "r"), replies.unknown);
  tick(driver, 100);

  expect({ r: stateOf(driver, "r"), phase: phaseOf(driver) }).toMatchObject({
    r: { kind: "failed", outcome: null },
    phase: "escalated",
  });
});

it("waits and questions count as steps", () => {
  const driver = begin([
    { id: "w", kind: "wait" },
    { id: "q", kind: "approve" },
    { id: "p", kind: "probe" },
  ]);

  expect(driver.run?.spent).toMatchObject({ stepCount: 3, callCount: 1 });
});

it("a plan with a write that has no post-condition breaks an invariant (I20)", () => {
  const plan = planOf([{ id: "a" }]);

  expect(() =>
    beginPlan({ ...plan, steps: plan.steps.map((step) => (step.kind === "act" ? { ...step, post: null } : step)) }),
  ).toThrow("every write has a post-condition (I20)");
});

it("a step that failed into a branch is shown with the outcome that the branch reads", () => {
  const driver = begin([
    { id: "a", onFailure: "branch" },
    { id: "b", after: ["a"], when: "a == 'failed'" },
  ]);
  attempt(driver, "a", replies.rejected);

  expect(viewRun(driver.run ?? expect.fail()).steps.map(({ id, outcome }) => [id, outcome])).toEqual([
    ["a", "failed"],
    ["b", null],
    ["end", null],
  ]);
});

it("the way back checks only the facts it puts back: a measurement beside them may have moved", () => {
  const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
  const readWith = (load: number): void => {
    const command = dueFor(driver, "observe", "a");
    const box = seeBox(driver, "a");
    const objects = [{ ...box, facts: [...box.facts, { name: "box.a.load", value: load }] }];
    give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "seen", objects, heldMs: 0, waitedMs: 0 },
    });
  };
  readWith(1);
  const command = dueFor(driver, "send", "a");
  land(driver, command);
  answer(driver, command, replies.applied);
  readWith(2);
  order(driver, "rollback");

  readWith(3);

  expect({ a: stateOf(driver, "a").kind, phase: phaseOf(driver) }).toEqual({ a: "sent", phase: "compensating" });
});

it("a vector is updated only within its length", () => {
  const vector = vectorOf([1, 2, 3]);

  for (const indexes of [[-1], [3], [-1, 2], [0, 3]])
    expect(() => vectorUpdate(vector, indexes, () => 0)).toThrow("a vector is changed within its length");
  expect(vectorUpdate(vector, [], () => 0)).toBe(vector);
});

it("a map spreads its keys, so no leaf grows with the map", () => {
  const map = Array.from({ length: 2_000 }, (_, index) => `run_${index}`).reduce(
    (grown, key) => mapWith(grown, key, true),
    emptyMap<true>(),
  );
  const sizes = (branch: typeof map.root): readonly number[] =>
    branch.flatMap((slot) =>
      slot === undefined ? [] : slot.kind === "leaf" ? [slot.entries.length] : sizes(slot.branch),
    );

  expect(Math.max(...sizes(map.root))).toBeLessThanOrEqual(2);
});

it("a freeze recorded twice, as in a journal of two engines, is one freeze and is lifted once", () => {
  const frozen: Event = { kind: "frozen", runId: null, scope: "box/a", by: alice, reason: "" };
  const other: Event = { ...frozen, scope: "box/b" };
  const site = [frozen, other, frozen].reduce((state, event) => applySite(state, event, 1), emptySite());

  expect(site.freezes.map(({ scope }) => scope)).toEqual(["box/a", "box/b"]);
  expect(applySite(site, { ...frozen, kind: "unfrozen" }, 2).freezes.map(({ scope }) => scope)).toEqual(["box/b"]);
});
