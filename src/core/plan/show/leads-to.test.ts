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
import type { Plan } from "../plan.ts";
import { findSilentWrites, questionOf } from "./leads-to.ts";

const ask = (id: string) => step(id, { kind: "approve", args: [literal("question", "go on?")] });
const plan = compileOrThrow(
  requestOf(
    proposalOf([
      ask("q"),
      scale("w", { after: ["q"], when: "q == 'approved'" }),
      probeLoad("p", { after: ["w"] }),
      scale("x", { after: ["p"], when: "p == 'idle'", deploy: "api" }),
      scale("beside", { deploy: "dns" }),
    ]),
  ),
);
const stepsOf = (answer: string) =>
  questionOf(plan, "q")
    ?.leadsTo.find((one) => one.answer === answer)
    ?.steps.map(({ id, writes }) => `${id} ${writes}`);

describe("what an answer leads to", () => {
  it("is every step behind the question that may run after it, writes marked, and nothing beside it", () => {
    expect(stepsOf("approved")).toEqual(expect.arrayContaining(["w true", "p false", "x true"]));
    expect(stepsOf("approved")).not.toContain("beside true");
    expect(stepsOf("rejected")?.filter((told) => told.endsWith("true"))).toEqual([]);
    expect(stepsOf("expired")).toEqual(stepsOf("rejected"));
  });

  it("is told of questions alone", () => {
    expect([questionOf(plan, "w"), questionOf(plan, "nowhere")]).toEqual([null, null]);
  });
});

describe("a plan of an older release", () => {
  it("whose writes follow a no is found, and one of today is not", () => {
    const turned: Plan = {
      ...plan,
      steps: plan.steps.map((one) => (one.id === "w" ? { ...one, when: "q == 'rejected'" } : one)),
    };

    expect(findSilentWrites(plan)).toEqual([]);
    expect(findSilentWrites(turned).map(({ code }) => code)).toContain("E_PLAN_SILENT_WRITE");
  });
});
