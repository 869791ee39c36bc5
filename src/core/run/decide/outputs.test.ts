import { describe, expect, it } from "vitest";
import type { CallStep } from "../../plan/plan.ts";
import { acknowledged, begin, codesOf } from "../fixtures/course.fixture.ts";
import { answer, dueFor, read, type TestDriver } from "../fixtures/driver.fixture.ts";
import type { StepSketch } from "../fixtures/plan.fixture.ts";

describe("a value from an earlier output", () => {
  const level: CallStep["args"] = [
    {
      name: "level",
      type: { kind: "integer", min: 0, max: 3 },
      integrity: "external",
      value: { kind: "output", stepId: "p", field: "level", pointer: "" },
    },
  ];
  const steps: readonly StepSketch[] = [
    { id: "p", kind: "probe" },
    { id: "a", after: ["p"], when: "p == 'yes'", args: level },
  ];
  const reach = (output: Parameters<typeof acknowledged>[0]): TestDriver => {
    const driver = begin(steps);
    answer(driver, dueFor(driver, "send", "p"), acknowledged(output));
    read(driver, dueFor(driver, "observe", "a"));
    return driver;
  };

  it("is bound into the call as a whole value", () => {
    expect(dueFor(reach({ level: 2 }), "send", "a").call.with).toMatchObject({ box: "a", level: 2 });
  });

  it("outside the type that was approved fails the step untouched (I2, I14)", () => {
    expect(codesOf(reach({ level: 4 }))).toContain("E_STEP_ARGUMENT");
    expect(codesOf(reach({ level: "2; drop" }))).toContain("E_STEP_ARGUMENT");
  });

  it("that is not there fails the step untouched", () => {
    expect(codesOf(reach({}))).toContain("E_STEP_ARGUMENT");
  });
});
