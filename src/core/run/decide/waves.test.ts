import { describe, expect, it } from "vitest";
import { withCountedFailures } from "../../../../test/support/fleet.ts";
import { parseDomain } from "../../domain/parse-domain.ts";
import type { CompileRequest } from "../../plan/compile/compilation.ts";
import { draftPlan } from "../../plan/compile/compile.ts";
import { pinPlan } from "../../plan/compile/pin-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { createRng } from "../../value/rng.ts";
import {
  answer,
  dueNow,
  give,
  land,
  read,
  refold,
  seeBox,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { testDigest } from "../fixtures/plan.fixture.ts";
import { explainRun } from "../tell/explain-run.ts";
import { viewRun } from "../tell/view.ts";
import type { Command } from "../words/command.ts";

/*
 * Waves in the real kernel: a plan as the compiler makes it, over the boxes of the kernel's tests. Every set of boxes
 * refuses to be set once, and a seed chooses the order of the replies.
 */

const boxes = ["a", "b", "c", "d", "e"] as const;
/** Canary, then two and two: by hand, from the declaration below. */
const waveOf: Readonly<Record<string, number>> = { a: 1, b: 2, c: 2, d: 3, e: 3 };

function fleetPlan(
  driver: TestDriver,
  from: { readonly abortAbove: number; readonly onFailure: "branch" | "rollback" },
): Plan {
  const domain = parseDomain({
    format: "interlock.domain/1",
    name: "boxes",
    version: "1",
    environment: "lab",
    connections: { boxes: { connector: "test" } },
    types: {
      box: {
        facts: { level: { integer: [0, 9] } },
        observe: { uses: "boxes/get", with: { box: { $target: "id" } }, fingerprint: ["/serial"], fence: "/etag" },
      },
    },
    inventory: { box: Object.fromEntries(boxes.map((box) => [box, {}])) },
    actions: {
      "box.set": {
        class: "reversible",
        idempotency: "keyed",
        uses: "boxes/set",
        with: { box: { $arg: "box" }, level: { $arg: "level" }, key: { $key: true } },
        target: "box",
        input: { box: { object: "box" }, level: { integer: [0, 9] } },
        effect: ["self.level = arg.level"],
        compensate: { action: "box.set", args: { level: { before: "level" } } },
        landsWithin: "1s",
        onFailure: from.onFailure,
        waves: { canary: 1, batch: 2, abortAbove: from.abortAbove },
      },
    },
  });
  if (!domain.ok) throw new Error(JSON.stringify(domain.error));
  const request: CompileRequest = {
    domain: domain.value,
    proposer: { kind: "file", id: "test", onBehalfOf: "test" },
    goal: "",
    inputs: [],
    roundTrips: [],
    parent: null,
    pins: { pack: null, connections: testDigest("connections"), policies: null, situation: null, evidence: null },
    proposal: {
      format: "interlock.proposal/1",
      goal: "",
      summary: "",
      decline: "",
      assumptions: [],
      steps: [
        {
          id: "s1",
          action: "box.set",
          purpose: "",
          kind: "act",
          after: [],
          when: "",
          expect: [],
          onFailure: from.onFailure,
          args: [
            { name: "box", from: "each", value: "box" },
            { name: "level", from: "literal", value: "7" },
          ],
        },
      ],
    },
  };
  const draft = draftPlan(request);
  if (!draft.ok) throw new Error(JSON.stringify(draft.error));
  const plan = pinPlan(
    draft.value,
    draft.value.plan.observations.map(({ object }) => seeBox(driver, object.slice("box/".length))),
  );
  if (!plan.ok) throw new Error(JSON.stringify(plan.error));
  return plan.value;
}

interface Story {
  /** Boxes that were set, and those that refused, in the order in which they were first sent and were settled. */
  readonly log: readonly { readonly what: "sent" | "done" | "failed"; readonly box: string }[];
  readonly end: string;
  readonly levels: readonly number[];
  readonly isSameWhenFolded: boolean;
}

/** Runs the plan to its end, carrying out what is due in a random order. */
function play(
  plan: Plan,
  from: { readonly driver: TestDriver; readonly refusing: ReadonlySet<string>; readonly seed: number },
): Story {
  const { driver, refusing } = from;
  const rng = createRng(from.seed);
  give(driver, startOf(plan, driver));
  for (let round = 0; round < 500; round += 1) {
    const commands = dueNow(driver);
    // A timer fires only when nothing else is left to do.
    const open = commands.filter((command) => command.kind !== "timer");
    const among = open.length > 0 ? open : commands;
    const command = among.length === 0 ? undefined : among[rng.below(among.length)];
    if (command === undefined) break;
    carryOut(driver, command, refusing);
  }
  const boxOf = new Map(
    plan.steps.flatMap((found) =>
      found.kind === "act" ? [[found.id, String(found.target).slice("box/".length)] as const] : [],
    ),
  );
  const log = driver.records.flatMap(({ event }): Story["log"] => {
    const box =
      "stepId" in event
        ? boxOf.get(event.stepId ?? "")
        : event.kind === "step_intent"
          ? boxOf.get(event.attempt.stepId)
          : undefined;
    if (box === undefined) return [];
    if (event.kind === "step_intent" && event.attempt.direction === "do") return [{ what: "sent", box }];
    return event.kind === "step_settled"
      ? [{ what: "done", box }]
      : event.kind === "step_failed"
        ? [{ what: "failed", box }]
        : [];
  });
  const ended = driver.records.flatMap(({ event }) => (event.kind === "run_ended" ? [event.outcome] : []));
  return {
    log,
    end: ended.join(),
    levels: boxes.map((box) => driver.levels.get(box) ?? 0),
    isSameWhenFolded: JSON.stringify(refold(driver, plan).phase) === JSON.stringify(driver.run?.phase),
  };
}

function carryOut(driver: TestDriver, command: Command, refusing: ReadonlySet<string>): void {
  if (command.kind === "timer") {
    driver.nowMs = command.atMs;
    give(driver, { kind: "tick", atMs: driver.nowMs, runId: command.runId });
    return;
  }
  if (command.kind === "observe") return void read(driver, command);
  if (command.kind === "ask") return expect.fail("no step of a wave starts an operation here");
  const { box } = command.call.with as { readonly box: string };
  if (refusing.has(box)) {
    answer(driver, command, {
      kind: "rejected",
      problem: { code: "E_TIMEOUT", pointer: "", message: "no", hint: "" },
      retryable: false,
    });
    return;
  }
  land(driver, command);
  answer(driver, command, { kind: "applied", output: {}, outputBytes: 2, outcome: null });
}

/** How a story breaks the rule of waves, read from the log alone. */
function breaches({ log }: Story, failedMax: number): readonly string[] {
  return log.flatMap(({ what, box }, at) => {
    if (what !== "sent") return [];
    const before = log.slice(0, at);
    const settled = before.filter((known) => known.what !== "sent");
    const early = boxes.filter(
      (other) => (waveOf[other] ?? 0) < (waveOf[box] ?? 0) && !settled.some((known) => known.box === other),
    );
    // Steps of one wave run side by side. Only a failure in an earlier wave keeps one from starting.
    const failed = settled.filter(
      (known) => known.what === "failed" && (waveOf[known.box] ?? 0) < (waveOf[box] ?? 0),
    ).length;
    return [
      ...early.map((other) => `${box} before ${other}`),
      ...(failed > failedMax ? [`${box} after ${failed} failures`] : []),
    ];
  });
}

/** Every set of boxes. */
const everySet = Array.from(
  { length: 2 ** boxes.length },
  (_, bits) => new Set<string>(boxes.filter((__, index) => ((bits >>> index) & 1) === 1)),
);

describe("waves in the kernel", () => {
  it.each([
    ["by a formula", 0],
    ["by a formula", 1],
    ["by a formula", 2],
    ["by counting", 0],
    ["by counting", 1],
    ["by counting", 2],
  ] as const)(
    "go on, told %s, while at most %i have failed and then escalate, whichever boxes refuse and reply first",
    (how, abortAbove) => {
      for (const [seed, refusing] of everySet.entries()) {
        const driver = testDriver();
        const made = fleetPlan(driver, { abortAbove, onFailure: "branch" });
        const plan = how === "by counting" ? withCountedFailures(made) : made;

        const story = play(plan, { driver, refusing, seed });

        const tried = new Set(story.log.filter(({ what }) => what === "sent").map(({ box }) => box));
        // By hand: a wave is tried if at most so many boxes in the waves before it refuse.
        const expected = boxes.filter(
          (box) =>
            boxes.filter((other) => refusing.has(other) && (waveOf[other] ?? 0) < (waveOf[box] ?? 0)).length <=
            abortAbove,
        );
        expect({
          refusing: [...refusing],
          breaches: breaches(story, abortAbove),
          tried: [...tried].sort(),
          end: story.end,
          folded: story.isSameWhenFolded,
          levels: story.levels,
        }).toEqual({
          refusing: [...refusing],
          breaches: [],
          tried: expected,
          end: refusing.size > abortAbove ? "escalated" : refusing.size > 0 ? "succeeded_in_part" : "succeeded",
          folded: true,
          levels: boxes.map((box) => (expected.includes(box) && !refusing.has(box) ? 7 : 0)),
        });
      }
    },
  );

  it("undo everything at the first failure if the action says so, and start no later wave", () => {
    for (const [seed, refusing] of everySet.entries()) {
      const driver = testDriver();
      const plan = fleetPlan(driver, { abortAbove: 0, onFailure: "rollback" });

      const story = play(plan, { driver, refusing, seed });

      // If the canary refuses, nothing was written, and there is nothing to undo.
      const failedEnd = refusing.has("a") ? "escalated" : "compensated";
      expect({ refusing: [...refusing], breaches: breaches(story, 0), end: story.end, levels: story.levels }).toEqual({
        refusing: [...refusing],
        breaches: [],
        end: refusing.size === 0 ? "succeeded" : failedEnd,
        levels: boxes.map(() => (refusing.size === 0 ? 7 : 0)),
      });
    }
  });
});

describe("the members of waves that were given up", () => {
  const tell = (plan: Plan, driver: TestDriver): readonly (readonly [string, string, string | null])[] => {
    const view = viewRun(driver.run ?? expect.fail());
    const explained = new Map(explainRun(plan, driver.records).steps.map((step) => [step.id, step]));
    return view.steps.flatMap(({ id, name, kind, status, problem }) => {
      const step = explained.get(id);
      expect([step?.name, step?.status === "withheld", step?.withheld ?? null]).toEqual([
        name,
        status === "withheld",
        status === "withheld" ? problem : null,
      ]);
      return kind === "act" ? [[name, status, status === "withheld" ? problem : null] as const] : [];
    });
  };

  it("are withheld, with the count that gave them up, and count as done nowhere", () => {
    const driver = testDriver();
    const plan = fleetPlan(driver, { abortAbove: 1, onFailure: "branch" });

    play(plan, { driver, refusing: new Set(["b", "c"]), seed: 3 });

    const why = "abortAbove 1: 2 failed";
    expect(tell(plan, driver)).toEqual([
      ["box.set on box/a (s1_1)", "settled", null],
      ["box.set on box/b (s1_2)", "failed", null],
      ["box.set on box/c (s1_3)", "failed", null],
      ["box.set on box/d (s1_4)", "withheld", why],
      ["box.set on box/e (s1_5)", "withheld", why],
    ]);
    expect(driver.run === null ? [] : viewRun(driver.run).wrote).toEqual(["s1_1"]);
  });

  it("are withheld where the first failure ends the run before they come up", () => {
    const driver = testDriver();
    const plan = fleetPlan(driver, { abortAbove: 0, onFailure: "rollback" });

    play(plan, { driver, refusing: new Set(["a"]), seed: 3 });

    expect(tell(plan, driver).map(([, status, why]) => [status, why])).toEqual([
      ["failed", null],
      ...Array.from({ length: 4 }, () => ["withheld", "abortAbove 0: 1 failed"]),
    ]);
  });

  it("are only pending while the run goes on and may still send them", () => {
    const driver = testDriver();
    const plan = fleetPlan(driver, { abortAbove: 0, onFailure: "branch" });
    give(driver, startOf(plan, driver));

    expect(tell(plan, driver).map(([, status]) => status)).toEqual(["ready", ...Array(4).fill("pending")]);
  });

  it("are none where nothing failed", () => {
    const driver = testDriver();
    const plan = fleetPlan(driver, { abortAbove: 0, onFailure: "branch" });

    play(plan, { driver, refusing: new Set(), seed: 3 });

    expect(tell(plan, driver).every(([, status]) => status === "settled")).toBe(true);
  });
});
