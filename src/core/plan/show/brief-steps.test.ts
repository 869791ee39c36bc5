import { describe, expect, it } from "vitest";
import {
  compileOrThrow,
  literal,
  probeLoad,
  proposalOf,
  requestOf,
  scale,
  step,
} from "../../../../test/support/proposals.ts";
import { nameSome, nameStep } from "../../value/step-name.ts";
import { briefAnswers, briefSteps, stepNames } from "./brief-steps.ts";

const plan = compileOrThrow(
  requestOf(
    proposalOf([
      step("q", { kind: "approve", args: [literal("question", "go on?")] }),
      scale("w", { after: ["q"], when: "q == 'approved'" }),
      step("pause", { kind: "wait", after: ["w"], args: [literal("forMs", 5_000)] }),
      probeLoad("p", { after: ["pause"] }),
    ]),
  ),
);

describe("the name of a step", () => {
  it("says what is done to what, and the id that commands take", () => {
    expect(nameStep({ id: "raise_3", action: "config.set", target: "config/c11" })).toBe(
      "config.set on config/c11 (raise_3)",
    );
    expect(nameStep({ id: "raise_3", action: "config.set", target: null })).toBe("config.set (raise_3)");
    expect(nameStep({ id: "raise_3", action: null, target: "config/c11" })).toBe("config/c11 (raise_3)");
    expect(nameStep({ id: "raise_3", action: null, target: null })).toBe("raise_3");
  });

  it("is given to every step of a plan, whatever its kind", () => {
    const names = stepNames(plan);

    expect(names).toContain("a question (q)");
    expect(names).toContain("a pause of 5 s (pause)");
    expect(names).toContain("the end (end)");
    expect(names.find((name) => name.endsWith("(w)"))).toMatch(/^\S+ on deploy\/\S+ \(w\)$/);
    expect(briefSteps(plan).map(({ name }) => name)).toEqual(names);
  });

  it("is counted from the eleventh on", () => {
    expect(nameSome(Array.from({ length: 13 }, (_, index) => `s${index}`))).toMatch(/^s0, .*, s9 and 3 more$/);
  });
});

describe("what an answer leads to, for people", () => {
  it("names each step, and marks what writes and what cannot be undone", () => {
    const approved = briefAnswers(plan, "q")?.find(({ answer }) => answer === "approved");

    expect(approved?.steps).toContainEqual(
      expect.objectContaining({ id: "w", name: expect.stringContaining("(w)"), writes: true, irreversible: true }),
    );
    expect(approved?.steps).toContainEqual(expect.objectContaining({ id: "p", writes: false, irreversible: false }));
    expect(briefAnswers(plan, "w")).toBeNull();
  });
});
