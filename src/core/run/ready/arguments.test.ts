import { describe, expect, it } from "vitest";
import type { CallStep } from "../../plan/plan.ts";
import type { JsonObject } from "../../value/json-value.ts";
import {
  answer,
  dueFor,
  give,
  read,
  runToRest,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import type { SendCommand } from "../words/command.ts";

const type = { kind: "integer", min: 0, max: 9 } as const;
const from = (stepId: string, field: string, pointer = ""): CallStep["args"][number]["value"] => ({
  kind: "output",
  stepId,
  field,
  pointer,
});
const literal = (value: number): CallStep["args"][number]["value"] => ({ kind: "literal", value });

/** Arguments of a test plan. Only name, type and value matter here. */
function argsOf(values: Readonly<Record<string, CallStep["args"][number]["value"]>>): CallStep["args"] {
  return Object.entries(values).map(
    ([name, value]) =>
      ({ name, type, value, integrity: "proposer", confidentiality: "public" }) as unknown as CallStep["args"][number],
  );
}

/** A probe that answers `output`, and a write whose arguments come from it. */
function begin(values: Readonly<Record<string, CallStep["args"][number]["value"]>>, output: JsonObject): TestDriver {
  const driver = testDriver();
  give(
    driver,
    startOf(
      planOf([
        { id: "q", kind: "probe" },
        { id: "a", after: ["q"], args: argsOf(values) },
      ]),
      driver,
    ),
  );
  answer(driver, dueFor(driver, "send", "q"), { kind: "applied", output, outputBytes: 11, outcome: "yes" });
  read(driver, dueFor(driver, "observe", "a"));
  return driver;
}

const sentWith = (command: SendCommand): unknown => command.call.with;
const failures = (driver: TestDriver): readonly string[] =>
  driver.records.flatMap(({ event }) => (event.kind === "step_failed" ? [event.problem.code] : []));

describe("arguments that come from an earlier output", () => {
  it("are recorded in the intent, sorted by name, beside the literals of the plan", () => {
    const driver = begin(
      { beta: from("q", "level"), zeta: from("q", "level"), level: from("q", "level"), fixed: literal(3) },
      { level: 4 },
    );

    expect(
      driver.records.flatMap(({ event }) =>
        event.kind === "step_intent" && event.attempt.stepId === "a" ? [event.args] : [],
      ),
    ).toEqual([
      [
        { name: "beta", value: 4 },
        { name: "level", value: 4 },
        { name: "zeta", value: 4 },
      ],
    ]);
    expect(sentWith(dueFor(driver, "send", "a"))).toMatchObject({ level: 4 });
  });

  it("are bound beside a literal that the call's template names", () => {
    const driver = begin({ level: literal(6), other: from("q", "level") }, { level: 1 });

    expect(sentWith(dueFor(driver, "send", "a"))).toMatchObject({ level: 6 });
  });

  it("of the wrong type, or of a field or place that the output does not have, fail the step before it is sent", () => {
    const refused = [
      begin({ level: from("q", "level") }, { level: 44 }),
      begin({ level: from("q", "level") }, { level: "four" }),
      begin({ level: from("q", "nothing") }, { level: 4 }),
      begin({ level: from("q", "level", "/deep") }, { level: 4 }),
      begin({ level: from("nobody", "level") }, { level: 4 }),
    ];

    expect(refused.map(failures)).toEqual(refused.map(() => ["E_STEP_ARGUMENT"]));
    expect(refused.map((driver) => driver.run?.phase)).toMatchObject(
      refused.map(() => ({ kind: "ended", outcome: "escalated", wrote: [] })),
    );
  });

  it("fail a read as they fail a write", () => {
    const driver = testDriver();
    give(
      driver,
      startOf(
        planOf([
          { id: "q", kind: "probe" },
          { id: "r", kind: "probe", after: ["q"], args: argsOf({ level: from("q", "nothing") }) },
        ]),
        driver,
      ),
    );

    runToRest(driver, () => "yes");

    expect(failures(driver)).toEqual(["E_STEP_ARGUMENT"]);
  });
});

it("an argument that no double holds is refused before anything is sent, and says what it was", () => {
  const driver = begin({ level: from("q", "level") }, { level: { $unreadable: "number 7615917337495251231" } });
  const [failed] = driver.records.flatMap(({ event }) => (event.kind === "step_failed" ? [event.problem] : []));

  expect(failed).toMatchObject({
    code: "E_STEP_ARGUMENT",
    message: "`q` gave the number `7615917337495251231`, which no double holds exactly, for `level`",
  });
});
