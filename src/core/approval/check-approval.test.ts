import { describe, expect, it } from "vitest";
import { fullPlan } from "../../../test/support/full-plan.ts";
import { planOf, testDigest } from "../run/fixtures/plan.fixture.ts";
import type { Approval } from "./approval.ts";
import { checkApproval, isOwnProposal, ownPart } from "./check-approval.ts";

const planHash = testDigest("plan");
const hourMs = 3_600_000;
const nowMs = 100 * hourMs;
const here = { path: "/site/.interlock", file: "4711" };

/** An approval of the plan by somebody who did not propose it. */
const good: Approval = {
  format: "interlock.approval/3",
  approvalId: "ap_1",
  planHash,
  principal: { kind: "person", id: "bob", keyId: null },
  issuedAtMs: nowMs,
  expiresAtMs: nowMs + hourMs,
  attended: true,
  solo: false,
  typedTargets: [],
  storeId: "st_1",
  place: here,
};

/** The codes of the problems of an approval, for a plan over one box. */
function codesOf(
  change: Partial<Approval>,
  options: {
    readonly environment?: "lab" | "production";
    readonly solo?: boolean;
    readonly irreversible?: boolean;
  } = {},
): readonly string[] {
  const approval: Approval = { ...good, ...change };
  const plan = planOf([{ id: "a", irreversible: options.irreversible ?? false }], {
    environment: options.environment ?? "production",
  });
  return checkApproval(approval, plan, {
    planHash,
    nowMs,
    rules: { solo: options.solo ?? false, validMsMax: hourMs },
    store: { storeId: "st_1", place: here, madeAt: here },
  }).map(({ code }) => code);
}

describe("checkApproval", () => {
  it("finds nothing against an attended approval of this plan by someone else", () => {
    expect(codesOf({})).toEqual([]);
  });

  it("holds up to its last millisecond", () => {
    expect(codesOf({ issuedAtMs: nowMs - hourMs + 1, expiresAtMs: nowMs + 1 })).toEqual([]);
    expect(codesOf({ issuedAtMs: nowMs - hourMs, expiresAtMs: nowMs })).toEqual(["E_APPROVAL_EXPIRED"]);
  });

  it("refuses one that is dated ahead to be valid for longer than the site allows", () => {
    const years = 10 * 365 * 24 * hourMs;

    expect(codesOf({ issuedAtMs: nowMs + years, expiresAtMs: nowMs + years + hourMs })).toEqual(["E_APPROVAL_EXPIRED"]);
  });

  it.each([{ intentDigest: testDigest("intent") }, { roster: testDigest("roster") }, { role: "operator" }])(
    "refuses one that a later release narrowed by %j, which this one cannot hold it to",
    (term) => {
      expect(codesOf(term)).toEqual(["E_APPROVAL_TERMS"]);
    },
  );

  it("refuses the proposer's own, unless site and approval both say solo", () => {
    const own = { principal: { kind: "person", id: "test", keyId: null } } as const;

    expect(codesOf(own)).toEqual(["E_APPROVAL_SELF"]);
    expect(codesOf({ ...own, solo: true })).toEqual(["E_APPROVAL_SELF"]);
    expect(codesOf(own, { solo: true })).toEqual(["E_APPROVAL_SELF"]);
    expect(codesOf({ ...own, solo: true }, { solo: true })).toEqual([]);
  });

  it("takes a plan for one's own that one proposed, that was proposed for one, or that one had made", () => {
    const plan = { ...fullPlan, preparedBy: { kind: "person", id: "root" } } as const;

    const own = ["proposal.json", "alice", "root", "bob"].filter((person) => isOwnProposal(person, plan));

    expect(own).toEqual(["proposal.json", "alice", "root"]);
    expect(ownPart("alice", plan)).toBe("proposed this plan");
    expect(ownPart("root", plan)).toBe("had this plan made");
  });

  it("accepts an unattended key only in a lab", () => {
    expect(codesOf({ attended: false })).toEqual(["E_APPROVAL_UNATTENDED"]);
    expect(codesOf({ attended: false }, { environment: "lab" })).toEqual([]);
  });

  it("demands action and target of every irreversible step, and not the target alone", () => {
    const third = (typedTargets: readonly string[]): readonly string[] =>
      codesOf({ typedTargets }, { irreversible: true });

    expect(third([])).toEqual(["E_APPROVAL_TARGET"]);
    expect(third(["box/a"])).toEqual(["E_APPROVAL_TARGET"]);
    expect(third(["box.burn box/a"])).toEqual(["E_APPROVAL_TARGET"]);
    expect(third(["box.set box/a"])).toEqual([]);
  });

  it("accepts the phrase of equal writes, or each of them, and not some of them", () => {
    const plan = planOf([
      { id: "a", irreversible: true },
      { id: "b", irreversible: true },
    ]);
    const missing = (...typedTargets: readonly string[]): readonly string[] =>
      checkApproval({ ...good, typedTargets }, plan, {
        planHash,
        nowMs,
        rules: { solo: false, validMsMax: hourMs },
        store: { storeId: "st_1", place: here, madeAt: here },
      }).map(({ code }) => code);

    expect(missing("box.set box/a and 1 more")).toEqual([]);
    expect(missing("box.set box/a", "box.set box/b")).toEqual([]);
    expect(missing("box.set box/a")).toEqual(["E_APPROVAL_TARGET"]);
  });

  it.each(["interlock.approval/1", "interlock.approval/2"] as const)(
    "demands the targets alone of an approval in the form %s",
    (format) => {
      const codes = (...typedTargets: readonly string[]): readonly string[] =>
        codesOf({ format, typedTargets }, { irreversible: true });

      expect(codes()).toContain("E_APPROVAL_TARGET");
      expect(codes("box/b")).toContain("E_APPROVAL_TARGET");
      expect(codes("box/a")).not.toContain("E_APPROVAL_TARGET");
    },
  );

  it("reports every problem at once", () => {
    expect(
      codesOf({
        planHash: testDigest("other"),
        principal: { kind: "agent", id: "test", keyId: null },
        attended: false,
      }),
    ).toEqual(["E_APPROVAL_HASH", "E_APPROVAL_CHANNEL", "E_APPROVAL_SELF", "E_APPROVAL_UNATTENDED"]);
  });
});
