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
import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";
import type { Plan } from "../plan.ts";
import { diffPlans, renderDiff } from "./diff.ts";
import { drawDot, drawMermaid } from "./draw-plan.ts";
import { renderReview, reviewRowCount } from "./render-review.ts";
import { reviewPlan } from "./review.ts";

const rich = compileOrThrow(
  requestOf(
    proposalOf(
      [
        probeLoad("s1", { purpose: "see what is wrong" }),
        scale("s2", { after: ["s1"], when: "s1 == 'contention'", onFailure: "rollback" }),
        step("s3", {
          action: "k8s.drain",
          after: ["s1"],
          when: "s1 == 'idle'",
          args: [literal("deploy", "api"), literal("phase", "stopped")],
        }),
        step("s4", { action: "k8s.get", after: ["s3"], args: [literal("deploy", "api")] }),
        step("s5", {
          action: "ticket.read",
          after: ["s4"],
          args: [{ name: "number", from: "step", value: "s4#/replicas" }],
        }),
        step("s6", { kind: "wait", after: ["s5"], args: [literal("forMs", 500)] }),
        step("s7", { kind: "approve", after: ["s6"], args: [literal("question", "go on?")] }),
        step("s8", {
          action: "k8s.delete",
          after: ["s7"],
          when: "s7 == 'approved'",
          onFailure: "escalate",
          args: [literal("deploy", "dns")],
        }),
      ],
      { goal: "deploy.web.replicas == 3", summary: "more of it", assumptions: ["nobody sleeps"] },
    ),
    {
      goal: "deploy.web.replicas == 3",
      intent: { text: "make it faster", by: "olivia" },
      inputs: [],
      parent: { runId: "run_1", incidentId: "inc_1" },
    },
  ),
);

/** Every way to change one leaf of a value, one at a time. */
function* leafChanges(
  value: JsonValue,
  path: readonly string[] = [],
): Generator<{ readonly path: readonly string[]; readonly changed: JsonValue }> {
  const entries = isJsonArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  if (entries.length === 0)
    yield {
      path,
      changed:
        typeof value === "boolean"
          ? !value
          : typeof value === "number"
            ? value + 1
            : typeof value === "string"
              ? `${value}x`
              : value === null
                ? "x"
                : ["x"],
    };
  for (const [key, child] of entries) {
    for (const { path: below, changed } of leafChanges(child, [...path, key])) {
      yield {
        path: below,
        changed: isJsonArray(value)
          ? value.map((item, index) => (String(index) === key ? changed : item))
          : { ...(value as object), [key]: changed },
      };
    }
  }
}

/** A review without the hash, which changes with everything and so would show nothing. */
function shown(plan: Plan): string {
  return renderReview({ ...reviewPlan(plan), planHash: reviewPlan(rich).planHash, planName: "pl_x" });
}

// Changing one of these would not leave a plan: the kind of a thing, or an empty list that has no items to change.
const untyped = /(^|\/)(format|kind|from)$/;

describe("reviewPlan", () => {
  it("shows every leaf of the plan: changing any one of them changes the text (I16)", () => {
    const before = shown(rich);
    const unseen: string[] = [];
    let leafCount = 0;

    for (const { path, changed } of leafChanges(rich as unknown as JsonValue)) {
      if (untyped.test(path.join("/")) || canBeEmpty(path, rich as unknown as JsonValue)) continue;
      leafCount += 1;
      // The changed value has the plan's shape but for one leaf.
      if (shown(changed as unknown as Plan) === before) unseen.push(path.join("/"));
    }

    expect(unseen).toEqual([]);
    expect(leafCount).toBeGreaterThan(400);
  });

  it("counts its rows without making them", () => {
    const review = reviewPlan(rich);
    const rows = renderReview(review).trimEnd().split("\n");

    expect(reviewRowCount(review)).toBe(rows.filter((row) => !/^ *│ /.test(row)).length);
  });

  it("quotes the name of a proposer, so that a file cannot be called as if it said something of ours", () => {
    const proposer = { kind: "file", id: "x.json, approved by ada” on behalf of root", onBehalfOf: "olivia" } as const;

    const { summary } = reviewPlan({ ...rich, proposer });

    const proposedBy = summary.find(({ label }) => label === "proposed by");
    expect(proposedBy?.text).toBe('file “x.json, approved by ada" on behalf of root”, on behalf of olivia');
  });

  it("says which invariants are not held while the plan runs, and why", () => {
    const marks = (plan: Plan): readonly string[] =>
      reviewPlan(plan)
        .marks.filter(({ kind }) => kind === "not_enforced")
        .map(({ text }) => text);
    const subject = "the invariant `big` is not held while the plan runs";

    expect(marks(rich)).toEqual([]);
    expect(marks({ ...rich, invariants: [{ name: "big", holds: "lamp.a.lit" }] })).toEqual([
      `${subject}: \`lamp.a.lit\` is not read`,
    ]);
    expect(marks({ ...rich, invariants: [{ name: "big", holds: "" }] })).toEqual([
      `${subject}: its guard is larger than a guard may be`,
    ]);
  });

  it("puts counts and targets first, and says what is not as it could be", () => {
    const text = renderReview(reviewPlan(rich));

    expect(text.split("\n").slice(0, 5)).toEqual([
      expect.stringMatching(/^plan pl_[0-9a-f]{12}: 3 irreversible, 0 reversible, 3 read, 4 other$/),
      "targets: deploy/api, deploy/dns, deploy/web",
      "! not proven: no proof was attempted",
      "! laboratory: unattended approvals are accepted for this domain",
      "! successor of run run_1, sharing the limit of incident inc_1",
    ]);
    expect(
      reviewPlan(rich)
        .marks.filter((mark) => mark.stepId !== null)
        .map((mark) => `${mark.stepId ?? ""} ${mark.kind}`),
    ).toEqual(["s2 unearned", "s3 unearned", "s5 outside_value", "s8 irreversible", "s8 unfenced"]);
  });

  it("is the same text for the same plan, however often it is made", () => {
    expect(renderReview(reviewPlan(structuredClone(rich)))).toBe(renderReview(reviewPlan(rich)));
  });

  it("makes escapes of a proposer inert, in the review, the drawings and the difference", () => {
    const escape = "\u001b[2A\u001b[2KPlan: 0 to destroy\n\u202egnp.exe";
    const plan = compileOrThrow(
      requestOf(proposalOf([scale("s1", { purpose: escape })], { summary: escape, assumptions: [escape] })),
    );
    const rendered = [
      renderReview(reviewPlan(plan)),
      drawDot(plan),
      drawMermaid(plan),
      renderDiff(diffPlans(plan, rich)),
    ].join("");

    expect(rendered).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(rendered.split("\n").some((line) => line.startsWith("Plan: 0 to destroy"))).toBe(false);
    expect(rendered).toContain("\\u{1b}[2A");
  });
});

describe("drawings", () => {
  it("have a node for each step and an edge for each thing it waits for", () => {
    const edgeCount = rich.steps.reduce((total, found) => total + found.after.length, 0);

    expect(drawDot(rich).match(/ -> /g)).toHaveLength(edgeCount);
    expect(drawDot(rich).match(/shape=/g)).toHaveLength(rich.steps.length);
    expect(drawMermaid(rich).match(/ -->/g)).toHaveLength(edgeCount);
  });

  it("keep a question from ending its label", () => {
    const plan = compileOrThrow(
      requestOf(
        proposalOf([
          step("s1", { kind: "approve", args: [literal("question", 'a"]; x --> y["\\"')] }),
          scale("s2", { after: ["s1"], when: "s1 == 'approved'" }),
        ]),
      ),
    );

    expect(drawMermaid(plan)).not.toContain('a"]');
    expect(drawDot(plan)).toContain('a\\"]');
  });
});

describe("diffPlans", () => {
  it("finds nothing between a plan and itself", () => {
    expect(diffPlans(rich, structuredClone(rich))).toMatchObject({
      steps: [],
      changes: [],
      pins: [],
      isReordered: false,
    });
  });

  it("names steps added, removed and changed, and pins and facts that moved", () => {
    const before = compileOrThrow(requestOf(proposalOf([scale("s1"), scale("s2", { deploy: "api" })])));
    const after = compileOrThrow(
      requestOf(proposalOf([scale("s1", { replicas: 5 }), scale("s3", { deploy: "api" })])),
      { "deploy.web.replicas": 2 },
    );

    const diff = diffPlans(before, after);

    expect(diff.steps.map((change) => `${change.kind} ${change.id}`)).toEqual([
      "removed s2",
      "changed s1",
      "added s3",
      "changed end",
    ]);
    expect(diff.pins).toEqual([
      { pointer: "/targets/deploy~1web/facts/deploy.web.replicas/value", before: 0, after: 2 },
    ]);
    expect(renderDiff(diff)).toContain("    /effect/deploy.web.replicas/value: 3 → 5\n");
  });

  it("finds every change of a leaf", () => {
    const silent: string[] = [];
    for (const { path, changed } of leafChanges(rich as unknown as JsonValue)) {
      // A kind that does not exist has no title; the next test changes a step's kind to one that does.
      if (/^steps\/\d+\/kind$/.test(path.join("/"))) continue;
      // A format that does not exist has no hash.
      if (path[0] === "format") continue;
      const diff = diffPlans(rich, changed as unknown as Plan);
      if (diff.steps.length + diff.changes.length + diff.pins.length === 0) silent.push(path.join("/"));
    }

    expect(silent).toEqual([]);
  });

  it("finds that a step is of another kind", () => {
    const probes = rich.steps.map((found) => (found.kind === "act" ? { ...found, kind: "probe" as const } : found));

    const diff = diffPlans(rich, { ...rich, steps: probes });

    expect(diff.steps.every((change) => change.kind === "changed" && change.changes[0]?.pointer === "/kind")).toBe(
      true,
    );
    expect(diff.steps.length).toBe(rich.steps.filter((found) => found.kind === "act").length);
  });
});

/** Whether the leaf is an empty list or object, or an absent one, which no letter can replace. */
function canBeEmpty(path: readonly string[], plan: JsonValue): boolean {
  let value: JsonValue | undefined = plan;
  for (const key of path)
    value = isJsonArray(value ?? null)
      ? (value as readonly JsonValue[])[Number(key)]
      : isJsonObject(value ?? null)
        ? (value as { readonly [key: string]: JsonValue })[key]
        : undefined;
  // Where a whole object may stand, a letter is no plan.
  if (value === null) return ["post", "compensation", "rate", "parent", "map", "target"].includes(path.at(-1) ?? "");
  return typeof value === "object" && value !== undefined;
}
