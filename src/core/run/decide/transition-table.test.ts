import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyRun } from "../apply/apply.ts";
import {
  alice,
  answer,
  dueFor,
  give,
  land,
  read,
  runToRest,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf, testDigest } from "../fixtures/plan.fixture.ts";
import type { Event } from "../words/event.ts";
import type { Input } from "../words/input.ts";
import type { RunPhase } from "../words/state.ts";
import { decide } from "./decide.ts";

/*
 * Every pair of a phase and an input, from runs brought there through the front door. A pair listed as `yes` is
 * accepted. Any other is refused with a stable code and recorded, and leaves the run as it was.
 */

const rejected = {
  kind: "rejected",
  problem: { code: "E_STEP_REJECTED", pointer: "", message: "no", hint: "" },
  retryable: false,
} as const;
const plan = planOf([{ id: "a" }, { id: "b", after: ["a"] }]);

function started(): TestDriver {
  const driver = testDriver();
  give(driver, startOf(plan, driver));
  return driver;
}

function bothDone(): TestDriver {
  const driver = started();
  for (const step of ["a"]) {
    read(driver, dueFor(driver, "observe", step));
    land(driver, dueFor(driver, "send", step));
    answer(driver, dueFor(driver, "send", step), { kind: "applied", output: null, outputBytes: 0, outcome: null });
    read(driver, dueFor(driver, "observe", step));
  }
  read(driver, dueFor(driver, "observe", "b"));
  return driver;
}

const by = (kind: "stop" | "kill" | "rollback" | "close"): Input => ({
  kind,
  atMs: 2_000,
  runId: "run_1",
  by: alice,
  reason: "test",
});

function compensating(): TestDriver {
  const driver = bothDone();
  answer(driver, dueFor(driver, "send", "b"), rejected);
  return driver;
}

function dirty(): TestDriver {
  const driver = compensating();
  driver.levels.set("a", 7);
  read(driver, dueFor(driver, "observe", "a"));
  return driver;
}

const phases: Readonly<Record<RunPhase["kind"], () => TestDriver>> = {
  created: testDriver,
  running: started,
  draining: () => {
    const driver = bothDone();
    give(driver, by("stop"));
    return driver;
  },
  compensating,
  dirty,
  killed: () => {
    const driver = bothDone();
    give(driver, by("kill"));
    return driver;
  },
  ended: () => {
    const driver = started();
    runToRest(driver);
    return driver;
  },
};

const inputs: Readonly<Record<string, (driver: TestDriver) => Input>> = {
  start: (driver) => startOf(plan, driver),
  observed: (driver) => {
    const [command] = driver.run === null ? [] : [`run_1/a/before/0`];
    return {
      kind: "observed",
      atMs: 2_000,
      runId: "run_1",
      commandId: command ?? "run_1/a/before/0",
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: rejected.problem },
    };
  },
  reply: () => ({
    kind: "reply",
    atMs: 2_000,
    runId: "run_1",
    attempt: { runId: "run_1", stepId: "b", direction: "do", n: 1, epoch: 1 },
    reply: rejected,
  }),
  tick: () => ({ kind: "tick", atMs: 2_000, runId: "run_1" }),
  epoch: () => ({ kind: "epoch", atMs: 2_000, runId: "run_1", epoch: 2, standing: { kind: "permitted" } }),
  answer: () => ({ kind: "answer", atMs: 2_000, runId: "run_1", stepId: "a", answer: "approved", by: alice }),
  stop: () => by("stop"),
  kill: () => by("kill"),
  rollback: () => by("rollback"),
  close: () => by("close"),
  resolve: () => ({
    kind: "resolve",
    atMs: 2_000,
    runId: "run_1",
    stepId: "a",
    as: "restored",
    by: alice,
    reason: "test",
  }),
};

/** The inputs each phase accepts in the states above. It accepts no others. */
const table: Readonly<Record<RunPhase["kind"], readonly string[]>> = {
  created: ["start"],
  running: ["observed", "reply", "tick", "epoch", "stop", "kill", "rollback"],
  draining: ["reply", "tick", "epoch", "stop", "kill", "rollback"],
  compensating: ["reply", "tick", "epoch", "stop", "kill"],
  dirty: ["reply", "tick", "epoch", "stop", "kill", "close", "resolve"],
  killed: ["reply", "tick", "epoch", "stop", "close"],
  ended: ["reply"],
};

// The type of the record says that its keys are phases.
const phaseNames = Object.keys(phases) as readonly RunPhase["kind"][];

describe("the transition table: a pair that is not listed is refused and recorded (I10)", () => {
  for (const phase of phaseNames) {
    for (const name of Object.keys(inputs)) {
      const isListed = table[phase].includes(name);
      it(`a run that is ${phase} ${isListed ? "takes" : "refuses and records"} \`${name}\``, () => {
        const driver = phases[phase]();
        const before = driver.run;
        expect(before?.phase.kind ?? "created").toBe(phase);

        // The row above keeps the input of each name.
        const decision = decide(driver.site, before, (inputs[name] as (driver: TestDriver) => Input)(driver));

        expect(decision.kind).toBe(isListed ? "accepted" : "refused");
        if (decision.kind === "refused") {
          expect(decision.events).toEqual([
            {
              kind: "input_refused",
              runId: "run_1",
              input: name,
              problem: decision.problem,
              by: name === "start" || "by" in (inputs[name] as (driver: TestDriver) => Input)(driver) ? alice : null,
            },
          ]);
          expect(decision.problem.code).toMatch(/^E_(?:RUN|INPUT)_/);
          expect(decision.run?.phase ?? null).toEqual(before?.phase ?? null);
          expect(decision.run?.steps ?? null).toBe(before?.steps ?? null);
        }
      });
    }
  }
});

describe("the way to RUNNING", () => {
  const events = (driver: TestDriver): readonly Event[] => driver.records.map((record) => record.event);
  it("is one event, from one phase: no other event makes a run run", () => {
    const everything = phaseNames.flatMap((phase) => events(phases[phase]()));
    const routes = new Set<string>();
    for (const phase of phaseNames) {
      const { run } = phases[phase]();
      if (run === null || run.phase.kind === "running") continue;
      for (const event of everything) {
        let next: RunPhase["kind"] | "refused" = "refused";
        try {
          next = applyRun(run, event, 2_000).phase.kind;
        } catch {
          // A broken invariant throws: this is no route.
        }
        if (next === "running") routes.add(`${run.phase.kind} → ${event.kind}`);
      }
    }

    expect([...routes]).toEqual([]);
  });

  it("is written by one function of one file", () => {
    const folder = new URL(".", import.meta.url);
    const writers = readdirSync(folder)
      .filter((file) => file.endsWith(".ts") && !/\.(?:test|fixture)\.ts$/.test(file))
      .flatMap((file) =>
        [...readFileSync(new URL(file, folder), "utf8").matchAll(/^\s+kind: "run_started",$/gm)].map(() => file),
      );

    expect(writers).toEqual(["start.ts"]);
  });

  it("does not exist for another plan than the one prepared", () => {
    const driver = started();
    const [first] = events(driver);
    const created = { ...driver, run: null };
    expect(first?.kind).toBe("run_started");

    expect(decide(created.site, null, { ...startOf(plan, driver), planHash: testDigest("other") })).toMatchObject({
      kind: "refused",
      problem: { code: "E_APPROVAL_HASH" },
    });
  });
});
