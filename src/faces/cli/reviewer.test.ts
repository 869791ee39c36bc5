import { beforeEach, describe, expect, it, vi } from "vitest";
import { fleetRequest, scaleAll } from "../../../test/support/fleet.ts";
import { compileOrThrow } from "../../../test/support/proposals.ts";
import { phrasesToType } from "../../core/approval/check-approval.ts";
import { planHash } from "../../core/plan/plan-hash.ts";
import { outlinePlan } from "../../core/plan/show/outline.ts";
import { renderOutline } from "../../core/plan/show/render-outline.ts";
import { renderReview } from "../../core/plan/show/render-review.ts";
import { renderSummary } from "../../core/plan/show/render-summary.ts";
import { reviewPlan } from "../../core/plan/show/review.ts";
import { printable, type ScreenText } from "../../core/value/screen.ts";
import type { Interlock, ShownPlan } from "../../interlock.ts";
import { recordedContext } from "./context.fixture.ts";
import { reviewer } from "./reviewer.ts";

const asked = vi.hoisted(() => ({ questions: [] as string[], answers: [] as string[], isSure: true, seen: "" }));
let context = recordedContext({ isInteractive: true });

vi.mock("./ask.ts", () => ({
  askLine: async (question: ScreenText) => {
    asked.questions.push(printable(question));
    asked.seen = context.printed.err;
    return asked.answers.shift() ?? null;
  },
  askYes: async (question: ScreenText) => {
    asked.questions.push(printable(question));
    asked.seen = context.printed.err;
    return asked.isSure;
  },
}));

const waves = { canary: 1, batch: { kind: "count", count: 20 }, abortAbove: 1 } as const;

const lie = `Log more.${" ".repeat(2_400)}plan pl_000000000000: 0 irreversible, proof: proven`;
const plan = {
  ...compileOrThrow(fleetRequest([scaleAll("s1")], { size: 3, waves })),
  summary: lie,
  assumptions: [lie],
};
const review = reviewPlan(plan);
const outline = outlinePlan(plan);
const shown: ShownPlan = {
  plan,
  planHash: planHash(plan),
  review,
  outline,
  targetsToType: phrasesToType(plan),
  isRejected: false,
  rejection: null,
  refused: [],
  rejectedTwin: null,
  logAheadMs: 0,
  held: null,
  outlook: { risks: [], undecided: [], restored: [] },
  texts: {
    outline: renderOutline(review, outline),
    review: renderReview(review),
    summary: renderSummary(review, outline),
    dot: "",
    mermaid: "",
    file: "",
  },
};

const signer = { keyId: `sha256:${"0".repeat(64)}`, person: "alice", attended: true };

/** The review, as a person at a terminal goes through it. */
function reviewed(): ReturnType<ReturnType<typeof reviewer>["review"]> {
  // Only `signer` is asked of the door.
  const door = { signer: async () => ({ ok: true, value: signer }) } as unknown as Interlock;
  return reviewer(context, door, { as: null, targets: [], areForAnyPlan: false, full: false, yes: false }).review(
    shown,
  );
}

beforeEach(() => {
  context = recordedContext({ isInteractive: true });
  Object.assign(asked, { questions: [], answers: [], isSure: true, seen: "" });
});

describe("a person at the terminal", () => {
  it("types action and target of each group of equal irreversible writes, and then says yes", async () => {
    asked.answers.push("k8s.scale deploy/d01 and 2 more");

    const result = await reviewed();

    expect(asked.questions).toEqual([
      "irreversible and not proven: type k8s.scale deploy/d01 and 2 more to approve it",
      expect.stringMatching(/^approve pl_[0-9a-f]{12} as alice\?$/),
    ]);
    expect(result).toMatchObject({ ok: true, value: { typedTargets: ["k8s.scale deploy/d01 and 2 more"] } });
  });

  it.each(["deploy/d01", "k8s.scale deploy/d01", ""])("approves nothing by typing %j", async (typed) => {
    asked.answers.push(typed);

    expect(await reviewed()).toMatchObject({ ok: false, error: [{ code: "E_APPROVAL_TARGET" }] });
  });

  it("sees our own summary last before the question, and no text of the proposer below it", async () => {
    await reviewed();

    expect(asked.seen.endsWith(shown.texts.summary)).toBe(true);
    expect(shown.texts.summary).not.toContain("Log more");
    expect(asked.seen.split("\n").filter((row) => row.startsWith("plan pl_0000"))).toEqual([]);
  });
});
