import { describe, expect, it } from "vitest";
import {
  literal,
  probeLoad,
  proposalOf,
  refusals,
  requestOf,
  scale,
  step,
} from "../../../../test/support/proposals.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { draftPlan } from "./compile.ts";

const approve = (id: string, after: readonly string[] = [], when = "") =>
  step(id, { kind: "approve", after, when, args: [literal("question", "go on?")] });
const escalate = (id: string, after: readonly string[], when: string) =>
  step(id, { kind: "escalate", after, when, args: [literal("reason", "look at it")] });
const wait = (id: string, after: readonly string[], when: string) =>
  step(id, { kind: "wait", after, when, args: [literal("forMs", 10)] });

/** A question, and what follows from it. */
const asked = (when: string, more: readonly ProposedStep[] = []) => [
  approve("q"),
  scale("w", { after: ["q"], when }),
  ...more,
];
const reading = (when: string) => [probeLoad("p"), scale("w", { after: ["p"], when })];

describe("a write that a no or a silence leads to is refused:", () => {
  it.each([
    ["the no of a person", asked("q == 'rejected'")],
    ["nobody's answer in time", asked("q == 'expired'")],
    ["a probe that did not answer", reading("p == 'no_answer'")],
    ["an answer that is none of those declared", reading("p == 'none_of_these'")],
    ["a yes and a silence alike", asked("q in ['approved', 'expired']")],
    ["everything but a yes", asked("q != 'approved'")],
    ["everything but one declared outcome, so that silence is in it", reading("p != 'idle'")],
    ["whatever a person says", asked("q != 'not_run'")],
    [
      "a no, and time that passes after it",
      [approve("q"), wait("t", ["q"], "q == 'rejected'"), scale("w", { after: ["t"] })],
    ],
    [
      "a no, and a probe behind it that has an answer",
      [
        approve("q"),
        probeLoad("p", { after: ["q"], when: "q == 'rejected'" }),
        scale("w", { after: ["p"], when: "p == 'idle'" }),
      ],
    ],
    [
      "a no, and another question behind it that is answered yes",
      [approve("q"), approve("r", ["q"], "q == 'expired'"), scale("w", { after: ["r"], when: "r == 'approved'" })],
    ],
    [
      "a step that a no kept from running",
      [
        approve("q"),
        wait("t", ["q"], "q == 'approved'"),
        scale("w", { after: ["t", "q"], when: "t == 'not_run' && q != 'not_run'" }),
      ],
    ],
    [
      "a question that it waits for, and whose answer it does not read",
      [
        approve("q"),
        wait("t", [], ""),
        scale("w", { after: ["q", "t"], when: "t == 'elapsed'" }),
        wait("y", ["q"], "q == 'approved'"),
        escalate("e", ["q"], "q in ['rejected', 'expired']"),
      ],
    ],
    [
      "a step in between of which every outcome is named, so that it says nothing",
      [
        approve("q"),
        wait("n", ["q"], "q != 'approved'"),
        scale("w", { after: ["n"], when: "n == 'not_run' || n == 'elapsed'" }),
      ],
    ],
    [
      "steps in between on both answers, of which every outcome is named",
      [
        approve("q"),
        wait("y", ["q"], "q == 'approved'"),
        wait("n", ["q"], "q != 'approved'"),
        scale("w", {
          after: ["n", "y"],
          when: "n in ['not_run', 'elapsed'] && y in ['not_run', 'elapsed']",
        }),
      ],
    ],
    [
      "a no, although another answer says yes",
      [
        approve("q"),
        probeLoad("p"),
        scale("w", { after: ["q", "p"], when: "q == 'approved' || p == 'idle'" }),
        escalate("e", ["q", "p"], "q in ['rejected', 'expired'] && p in ['contention', 'none_of_these', 'no_answer']"),
      ],
    ],
  ] as const)("%s", (_, steps) => {
    expect(refusals(steps)).toContainEqual(expect.stringMatching(/^E_PLAN_SILENT_WRITE \/steps\/\d\/when$/));
  });

  it("names the write and the answers that lead to it", () => {
    const draft = draftPlan(requestOf(proposalOf(asked("q != 'approved'"))));

    expect(draft.ok ? "" : draft.error.find(({ code }) => code === "E_PLAN_SILENT_WRITE")?.message).toBe(
      "`w` would write when `q == 'rejected'`: a no or a silence leads to no write",
    );
  });
});

describe("a write is accepted", () => {
  it.each([
    ["behind a yes", asked("q == 'approved'")],
    ["behind a declared outcome", reading("p in ['idle', 'contention']")],
    [
      "behind a no that only hands over",
      asked("q == 'approved'", [escalate("e", ["q"], "q in ['rejected', 'expired']")]),
    ],
    [
      "where one of two sensors is silent and the other is not",
      [
        probeLoad("p"),
        probeLoad("r"),
        scale("w", { after: ["p", "r"], when: "p == 'idle' || r == 'idle'" }),
        escalate("e", ["p", "r"], "p != 'idle' && r != 'idle'"),
      ],
    ],
    ["beside a question that it does not wait for", [...asked("q == 'approved'"), scale("x", { deploy: "api" })]],
    [
      "of which a reading behind a silence is no part",
      [
        probeLoad("p"),
        probeLoad("r", { after: ["p"], when: "p == 'no_answer'" }),
        escalate("e", ["p", "r"], "p != 'idle'"),
        scale("w", { after: ["p"], when: "p == 'idle'" }),
      ],
    ],
  ] as const)("%s", (_, steps) => {
    expect(refusals(steps).filter((refusal) => refusal.startsWith("E_PLAN_SILENT_WRITE"))).toEqual([]);
  });
});
