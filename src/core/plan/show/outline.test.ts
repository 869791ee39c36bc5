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
import type { GoalBy, Plan } from "../plan.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { outlinePlan } from "./outline.ts";
import { endingsOf } from "./plan-endings.ts";
import { renderOutline } from "./render-outline.ts";
import { reviewPlan } from "./review.ts";

/** A plan of a domain without invariants. */
function planOf(steps: readonly ProposedStep[], goal = "", summary = ""): Plan {
  return { ...compileOrThrow(requestOf(proposalOf(steps, { goal, summary }))), invariants: [] };
}

function rowsOf(plan: Plan, viewer: string | null = null): readonly string[] {
  return renderOutline(reviewPlan(plan), outlinePlan(plan), viewer).split("\n");
}

const drain = (id: string, change: Partial<ProposedStep> = {}): ProposedStep =>
  step(id, { action: "k8s.drain", args: [literal("deploy", "api"), literal("phase", "stopped")], ...change });

describe("the outline", () => {
  it("says that nobody recorded what was asked, and quotes the proposer as such", () => {
    const rows = rowsOf(planOf([scale("s1")], "deploy.web.replicas == 3", "more of it\n! proven"));

    expect(rows[0]).toMatch(/^asked: not recorded; the proposer says “more of it.*! proven”$/);
    expect(rows[1]).toBe("goal: deploy.web.replicas == 3");
  });

  it("opens with what was asked, and by whom the goal was worded", () => {
    const asked = (goalBy: GoalBy): Plan => ({
      ...planOf([scale("s1")], "deploy.web.replicas == 3"),
      proposer: { kind: "model", id: "m1", onBehalfOf: "olivia" },
      intent: { text: "make it faster", by: "olivia", goalBy },
    });

    expect(rowsOf(asked("asker")).slice(0, 2)).toEqual([
      "asked: olivia says “make it faster”",
      "goal (by olivia): deploy.web.replicas == 3",
    ]);
    expect(rowsOf(asked("proposer"))[1]).toBe("goal (by the model): deploy.web.replicas == 3");
    expect(rowsOf(asked("both"))[1]).toBe("goal (by olivia, and more by the model): deploy.web.replicas == 3");
    expect(rowsOf(asked("asker"), "olivia")[1]).toBe("goal (by you): deploy.web.replicas == 3");
  });

  it("shows what a fact is before a write: what an earlier write makes it, if that is certain to have run", () => {
    const rows = rowsOf(planOf([scale("s1", { replicas: 4 }), scale("s2", { replicas: 1, after: ["s1"] })]));

    expect(rows.filter((row) => row.includes("→"))).toEqual([
      expect.stringContaining("replicas 0 → 4 on deploy/web"),
      expect.stringContaining("replicas 4 → 1 on deploy/web"),
    ]);
  });

  it("shows each value that a fact may have before a write, the one that was read first", () => {
    const rows = rowsOf(
      planOf([
        probeLoad("p"),
        scale("s1", { replicas: 4, after: ["p"], when: "p == 'contention'" }),
        scale("s2", {
          replicas: 1,
          after: ["s1", "p"],
          when: "p in ['contention', 'idle']",
        }),
      ]),
    );

    expect(rows.filter((row) => row.includes("→ 1"))).toEqual([
      expect.stringContaining("replicas 0 → 1 (or from 4) on deploy/web"),
    ]);
  });

  it("marks a goal that a model worded, and none that the asker gave", () => {
    const plan: Plan = {
      ...planOf([scale("s1")], "deploy.web.replicas == 3"),
      proposer: { kind: "model", id: "m1", onBehalfOf: "olivia" },
    };
    const marksOf = (goalBy: GoalBy | null): readonly string[] =>
      rowsOf(goalBy === null ? plan : { ...plan, intent: { text: "faster", by: "olivia", goalBy } }).filter((row) =>
        /^! .*\bgoal\b/.test(row),
      );

    expect(marksOf("proposer")[0]).toMatch(/^! the model worded the goal, and nobody has confirmed it/);
    expect(marksOf("both")[0]).toMatch(/^! the model added to the goal, and nobody has confirmed that/);
    expect(marksOf(null)[0]).toMatch(/^! who worded the goal is not recorded, and a model proposed/);
    expect(marksOf("asker")).toEqual([]);
  });

  it("names the workflow, and what it was given", () => {
    const plan: Plan = {
      ...planOf([scale("s1")], "deploy.web.replicas == 3"),
      proposer: { kind: "workflow", id: "scale-up 1.0.0", onBehalfOf: "olivia" },
      inputs: [{ name: "count", value: 3 }],
    };

    expect(rowsOf(plan).slice(1, 4)).toEqual([
      "goal: deploy.web.replicas == 3",
      "workflow: “scale-up 1.0.0”",
      "given: count = 3",
    ]);
  });

  it("keeps every word of an intent behind its gutter, whatever it looks like", () => {
    const text = "faster\ngoal (by you): deploy.web.replicas == 0\u001b[2K\r! proven " + "x ".repeat(80);
    const plan: Plan = { ...planOf([scale("s1")]), intent: { text, by: "olivia", goalBy: "none" } };
    const rows = rowsOf(plan);

    expect(rows.filter((row) => row.startsWith("goal"))).toHaveLength(1);
    expect(
      rows
        .slice(
          1,
          rows.findIndex((row) => row.startsWith("goal")),
        )
        .every((row) => row.startsWith("  │ ")),
    ).toBe(true);
    expect(rows.join("\n")).not.toMatch(/[\u001b\r]/);
  });

  it("names the writes that the goal does not need", () => {
    const plan = planOf([scale("s1"), drain("s2")], "deploy.web.replicas == 3");

    expect(outlinePlan(plan).unneeded).toEqual(["s2"]);
    expect(rowsOf(plan)).toContain("! not needed for the goal: k8s.drain (s2)");
  });

  it("does not name a write as needless where a condition reads its outcome", () => {
    const plan = planOf([drain("s2"), scale("s1", { after: ["s2"] })], "deploy.web.replicas == 3");
    const asking = {
      ...plan,
      steps: plan.steps.map((one) => (one.id === "s1" ? { ...one, when: "s2 == 'done'" } : one)),
    };

    expect(outlinePlan(plan).unneeded).toEqual(["s2"]);
    expect(outlinePlan(asking).unneeded).toEqual([]);
  });

  it.each<readonly [string, Plan]>([
    [
      "an invariant reads what it changes",
      {
        ...planOf([scale("s1"), drain("s2")], "deploy.web.replicas == 3"),
        invariants: [{ name: "serves", holds: "deploy.api.phase == 'stopped'" }],
      },
    ],
    ["the plan has no goal", planOf([scale("s1"), drain("s2")])],
    ["the goal reads what it changes", planOf([scale("s1"), drain("s2")], "deploy.api.phase == 'stopped'")],
    [
      "an expectation reads what it changes",
      planOf(
        [drain("s2"), scale("s1", { after: ["s2"], expect: ["deploy.api.phase == 'stopped'"] })],
        "deploy.web.replicas == 3",
      ),
    ],
    [
      "a probe looks at its object, and what it sees may depend on the write",
      planOf(
        [
          drain("s2"),
          probeLoad("p", { after: ["s2"], args: [literal("deploy", "api")] }),
          scale("s1", { after: ["p"], when: "p == 'contention'" }),
        ],
        "deploy.web.replicas == 3",
      ),
    ],
  ])("does not name a write as needless where %s", (_, plan) => {
    expect(outlinePlan(plan).unneeded).not.toContain("s2");
  });
});

describe("the endings", () => {
  it("say for each cause what follows, how the world stands, and the exit code", () => {
    const plan = planOf(
      [probeLoad("p"), scale("s1", { after: ["p"], when: "p == 'contention'", onFailure: "rollback" })],
      "deploy.web.replicas == 3",
    );
    const codes = endingsOf(plan).map(({ exitCodes }) => exitCodes);

    expect(codes).toEqual([[0], [23, 14], [23, 14], [20, 14], [21], [22], [24, 14], [12, 13, 11]]);
    expect(endingsOf(plan).every(({ cause, follows, world }) => cause !== "" && follows !== "" && world !== "")).toBe(
      true,
    );
  });

  it("have one for a broken invariant where the plan writes and has an invariant that can be judged", () => {
    const broken = (plan: Plan, holds: string): readonly (readonly number[])[] =>
      endingsOf({ ...plan, invariants: [{ name: "serves", holds }] })
        .map(({ exitCodes }): readonly number[] => exitCodes)
        .filter((codes) => codes.includes(27));
    const reading = planOf([step("look", { action: "k8s.get", args: [literal("deploy", "api")] })]);
    const writing = planOf([scale("s1")]);

    expect(broken(writing, "deploy.api.phase == 'running'")).toEqual([[27, 14]]);
    // Larger than a guard may be, which an older release wrote.
    expect(broken(writing, "")).toEqual([]);
    expect(broken(reading, "deploy.api.phase == 'running'")).toEqual([]);
    expect(endingsOf(writing).flatMap(({ exitCodes }): readonly number[] => exitCodes)).not.toContain(27);
  });

  it("of a plan that only reads are those in which nothing is written", () => {
    const codes = endingsOf(planOf([step("look", { action: "k8s.get", args: [literal("deploy", "api")] })])).flatMap(
      ({ exitCodes }) => exitCodes,
    );

    expect(codes.every((code) => code === 0 || code < 20)).toBe(true);
  });

  it("do not promise the world of before where a write has no way back", () => {
    const plan = planOf([
      scale("s1", { onFailure: "rollback" }),
      step("s2", { action: "k8s.delete", after: ["s1"], args: [literal("deploy", "dns")], onFailure: "escalate" }),
    ]);
    const undone = endingsOf(plan).find(({ exitCodes }) => exitCodes.includes(20));

    expect(undone?.world).toContain("if nothing was written that has no way back");
    expect(rowsOf(plan).some((row) => /^ {2}! cannot be undone: \d/.test(row))).toBe(true);
  });
});
