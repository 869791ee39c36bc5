import { describe, expect, it } from "vitest";
import { fleetRequest, scaleAll } from "../../../../test/support/fleet.ts";
import {
  compileOrThrow,
  literal,
  probeLoad,
  proposalOf,
  requestOf,
  scale,
  step,
} from "../../../../test/support/proposals.ts";
import type { CallStep, Plan } from "../plan.ts";
import { groupChanges } from "./group-changes.ts";
import { outlinePlan } from "./outline.ts";
import { renderOutline } from "./render-outline.ts";
import { renderSummary } from "./render-summary.ts";
import { reviewPlan } from "./review.ts";

const waves = { canary: 1, batch: { kind: "count", count: 50 }, abortAbove: 1 } as const;
const fleet = compileOrThrow(fleetRequest([scaleAll("s1")], { size: 200, waves }));

/** The plan with one of its steps changed behind everybody's back. */
function changed(plan: Plan, id: string, change: (found: CallStep) => Partial<CallStep>): Plan {
  return {
    ...plan,
    steps: plan.steps.map((found) =>
      found.id === id && found.kind === "act" ? { ...found, ...change(found) } : found,
    ),
  };
}

function outlineOf(plan: Plan): string {
  return renderOutline(reviewPlan(plan), outlinePlan(plan));
}

/** The text without the gutters of rows that were broken. */
function unbroken(text: string): string {
  return text.replaceAll(/\n *│ /g, " ");
}

describe("equal changes", () => {
  it("are one group over a whole fleet, the canary included", () => {
    const groups = groupChanges(fleet);

    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({
      action: "k8s.scale",
      changes: [{ fact: "replicas", before: [0], after: 3 }],
      args: [{ name: "replicas", kind: "literal", value: 3 }],
      pre: "self.phase == 'serving'",
      waves: { of: "s1", count: 5, size: 200, abortAbove: 1 },
      differs: null,
    });
    expect(groups[0]?.targets).toHaveLength(200);
  });

  it("fit one screen for 200 objects, and no row is wider than it", () => {
    const text = outlineOf(fleet);

    expect(text.split("\n").length).toBeLessThanOrEqual(50);
    expect(Math.max(...text.split("\n").map((row) => row.length))).toBeLessThanOrEqual(80);
    expect(text).toContain("1 ! replicas 0 → 3 on 200 deploys (d01 … d200)");
    expect(unbroken(text)).toMatch(/`show --full` shows \d{4,} more rows/);
    expect(text.trimEnd().split("\n").at(-1)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it("are of one group where each follows from a question about its own object", () => {
    const plan = compileOrThrow(
      requestOf(
        proposalOf(
          ["api", "web"].flatMap((deploy) => [
            probeLoad(`p_${deploy}`, { args: [literal("deploy", deploy)] }),
            scale(`s_${deploy}`, { deploy, after: [`p_${deploy}`], when: `p_${deploy} == 'contention'` }),
          ]),
        ),
      ),
    );

    expect(groupChanges(plan).map(({ targets }) => targets)).toEqual([["deploy/api", "deploy/web"]]);
  });

  it("stay apart where one follows from a question about another object", () => {
    const plan = compileOrThrow(
      requestOf(
        proposalOf([
          probeLoad("p_api", { args: [literal("deploy", "api")] }),
          probeLoad("p_dns", { args: [literal("deploy", "dns")] }),
          scale("s_api", { deploy: "api", after: ["p_api"], when: "p_api == 'contention'" }),
          scale("s_web", { deploy: "web", after: ["p_dns"], when: "p_dns == 'contention'" }),
        ]),
      ),
    );

    expect(groupChanges(plan).map(({ targets }) => targets)).toEqual([["deploy/api"], ["deploy/web"]]);
    expect(groupChanges(plan)[1]?.differs).toEqual({ from: 0, in: ["when"] });
  });

  it("say what an earlier step of the plan has made of a fact", () => {
    const plan = compileOrThrow(
      requestOf(proposalOf([scale("s1", { replicas: 3 }), scale("s2", { replicas: 1, after: ["s1"] })])),
    );

    expect(groupChanges(plan).map(({ changes }) => changes[0])).toEqual([
      { fact: "replicas", before: [0], after: 3 },
      { fact: "replicas", before: [3], after: 1 },
    ]);
  });

  it("show an argument that is known only while running", () => {
    const plan = compileOrThrow(
      requestOf(
        proposalOf([
          step("look", { action: "k8s.get", args: [literal("deploy", "api")] }),
          step("read", {
            action: "ticket.read",
            after: ["look"],
            args: [{ name: "number", from: "step", value: "look#/replicas" }],
          }),
        ]),
      ),
    );
    const writing = changed(plan, "read", () => ({ class: "irreversible" }));

    expect(unbroken(outlineOf(writing))).toContain("with number = look#/replicas (known only while running)");
    expect(unbroken(outlineOf(writing))).toContain("! ticket.read: what it changes is not declared");
  });
});

describe("one write in 200 that differs", () => {
  const cases: readonly (readonly [string, (found: CallStep) => Partial<CallStep>])[] = [
    [
      "arguments",
      ({ args }) => ({
        args: args.map((one) =>
          one.name === "replicas" ? { ...one, value: { kind: "literal" as const, value: 0 } } : one,
        ),
      }),
    ],
    ["effect", ({ effect }) => ({ effect: effect.map((one) => ({ ...one, value: 0 })) })],
    ["when", () => ({ when: "s1_1 == 'done'" })],
    ["onFailure", () => ({ onFailure: "stop" })],
    ["connection", ({ call }) => ({ call: { ...call, connection: "other" } })],
    ["connection", ({ call }) => ({ call: { ...call, operation: "delete" } })],
    ["class", () => ({ class: "reversible" })],
    ["way back", () => ({ compensation: null })],
    ["precondition", () => ({ pre: "" })],
    ["post-condition", ({ post }) => ({ post: post === null ? null : { ...post, holdMs: 1 } })],
    ["limits", () => ({ fenced: false })],
    ["limits", ({ retry }) => ({ retry: { ...retry, attemptsMax: 99 } })],
    ["locks", () => ({ locks: [] })],
    ["what is sent", ({ call }) => ({ call: { ...call, with: { body: { replicas: 9_000 } } } })],
  ];

  it.each(cases)("in its %s is a row of its own, which says so (%#)", (trait, change) => {
    const plan = changed(fleet, "s1_137", change);
    const groups = groupChanges(plan);
    const own = groups.filter(({ stepIds }) => stepIds.includes("s1_137"));

    expect(groups.map(({ stepIds }) => stepIds.length).sort((left, right) => left - right)).toEqual([1, 199]);
    expect(own[0]?.stepIds).toEqual(["s1_137"]);
    expect(groups[1]?.differs?.in).toContain(trait);
    expect(outlineOf(plan)).toContain("d01 … d136, d138 … d200");
    expect(renderSummary(reviewPlan(plan), outlinePlan(plan))).toContain("on deploy/d137");
  });

  it("in what runs before it is a row of its own", () => {
    const plan = changed(fleet, "s1_200", ({ after }) => ({ after: [...after, "s1_waves"] }));

    expect(groupChanges(plan).map(({ stepIds }) => stepIds.length)).toEqual([199, 1]);
    expect(groupChanges(plan)[1]?.differs?.in).toEqual(["what runs before"]);
  });

  it("in the object it names is named, and no range runs over it", () => {
    const plan = changed(fleet, "s1_137", () => ({ target: "deploy/zz-database" }));

    expect(unbroken(outlineOf(plan))).toContain("zz-database");
  });

  it("is found although its text says that it is the same", () => {
    const plan = changed(fleet, "s1_137", ({ args }) => ({
      purpose: "the same as all the others",
      args: args.map((one) =>
        one.name === "replicas" ? { ...one, value: { kind: "literal" as const, value: "\u0000self" } } : one,
      ),
    }));

    expect(groupChanges(plan)).toHaveLength(2);
  });
});
