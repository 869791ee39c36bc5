import { describe, expect, it } from "vitest";
import { planOf, testDigest } from "../run/fixtures/plan.fixture.ts";
import type { Approval } from "./approval.ts";
import { checkApproval } from "./check-approval.ts";

const planHash = testDigest("plan");
const hourMs = 3_600_000;
const nowMs = 100 * hourMs;
const here = { path: "/site/.interlock", file: "4711" };

/** The codes of the problems of an approval, for a plan over one box. */
function codesOf(
  change: Partial<Approval>,
  options: {
    readonly environment?: "lab" | "production";
    readonly solo?: boolean;
    readonly irreversible?: boolean;
  } = {},
): readonly string[] {
  const approval: Approval = {
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
    ...change,
  };
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

  it("accepts an unattended key only in a lab", () => {
    expect(codesOf({ attended: false })).toEqual(["E_APPROVAL_UNATTENDED"]);
    expect(codesOf({ attended: false }, { environment: "lab" })).toEqual([]);
  });

  it("demands the name of every target that is changed irreversibly", () => {
    expect(codesOf({}, { irreversible: true })).toEqual(["E_APPROVAL_TARGET"]);
    expect(codesOf({ typedTargets: ["box/b"] }, { irreversible: true })).toEqual(["E_APPROVAL_TARGET"]);
    expect(codesOf({ typedTargets: ["box/a"] }, { irreversible: true })).toEqual([]);
  });

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
