import { describe, expect, it } from "vitest";
import { damagesOf, type Full } from "../../../test/support/damage-document.ts";
import { testDigest } from "../run/fixtures/plan.fixture.ts";
import type { Problem } from "../value/codes.ts";
import type { JsonValue } from "../value/json-value.ts";
import type { Result } from "../value/result.ts";
import type { Approval, Grant, SignedEnvelope } from "./approval.ts";
import {
  approvalStatement,
  envelopeDigest,
  grantStatement,
  parseApproval,
  parseEnvelope,
  parseGrant,
  parseSignedEnvelope,
  readApprovalStatement,
  readGrantStatement,
} from "./parse-approval.ts";

const principal = { kind: "person", id: "alice", keyId: testDigest("key") } as const;
const approval: Approval = {
  format: "interlock.approval/1",
  approvalId: "ap_1",
  planHash: testDigest("plan"),
  principal,
  issuedAtMs: 1,
  expiresAtMs: 2,
  attended: true,
  solo: false,
  typedTargets: ["box/a"],
};
const envelope = {
  domain: "boxes",
  actions: ["box.set"],
  targets: ["box/*"],
  writeCountMax: 3,
  costUsdMax: 0.5,
  durationMsMax: 1_000,
  irreversible: false,
};
const grant: Grant = {
  format: "interlock.grant/1",
  grantId: "gr_1",
  principal,
  issuedAtMs: 1,
  expiresAtMs: 2,
  attended: false,
  envelope,
};

/** The value as a store gives it back: plain JSON. */
function stored(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

const signed: Full<SignedEnvelope> = {
  payloadType: "application/vnd.in-toto+json",
  payload: "e30=",
  signatures: [{ keyid: testDigest("key"), sig: "c2ln" }],
};

const fullApproval: Full<Approval> = {
  ...approval,
  format: "interlock.approval/3",
  place: { path: "/site/.interlock", file: "4711" },
  intentDigest: testDigest("intent"),
  roster: testDigest("roster"),
  role: "operator",
  storeId: "st_1",
};

const fullGrant: Full<Grant> = {
  ...grant,
  format: "interlock.grant/2",
  storeId: "st_1",
  place: { path: "/site/.interlock", file: "4711" },
};

const codeOf = {
  "unknown field": "E_SCHEMA_UNKNOWN_FIELD",
  "missing field": "E_SCHEMA_MISSING_FIELD",
  "another type": "E_SCHEMA",
} as const;

describe("what is signed, and what is around it", () => {
  it.each<[string, object, (value: JsonValue) => Result<unknown, readonly Problem[]>, readonly string[]]>([
    ["an approval", fullApproval, parseApproval, ["/intentDigest", "/roster", "/role"]],
    ["a grant", fullGrant, parseGrant, []],
    ["a signed envelope", signed, parseSignedEnvelope, []],
  ])("%s is refused with every single field more or less and every other type", (_, document, parse, mayLack) => {
    const optional: string[] = [];
    const wrong: string[] = [];
    for (const { name, kind, pointer, document: damaged } of damagesOf(stored(document))) {
      const read = parse(damaged);
      if (read.ok && kind === "missing field") optional.push(name.replace("missing field ", ""));
      else if (read.ok || !read.error.some((found) => found.code === codeOf[kind] && found.pointer === pointer))
        wrong.push(name);
    }

    expect(parse(stored(document))).toEqual({ ok: true, value: document });
    expect(wrong).toEqual([]);
    expect(optional).toEqual(mayLack);
  });
});

describe("statements", () => {
  it("of an approval and of a grant come back as they were signed", () => {
    expect(readApprovalStatement(stored(approvalStatement(approval)))).toEqual({ ok: true, value: approval });
    expect(readGrantStatement(stored(grantStatement(grant, envelopeDigest(envelope))))).toEqual({
      ok: true,
      value: grant,
    });
  });

  it("name what was approved as their subject, for any in-toto verifier", () => {
    expect(approvalStatement(approval)).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      predicateType: "interlock.approval/1",
      subject: [{ name: "plan", digest: { sha256: approval.planHash.slice(7) } }],
    });
  });

  it("whose subject is not what the predicate says are refused", () => {
    const forPlan = approvalStatement({ ...approval, planHash: testDigest("other") });
    const forEnvelope = grantStatement(grant, envelopeDigest({ ...envelope, writeCountMax: 4 }));

    expect(readApprovalStatement(stored({ ...forPlan, predicate: approval }))).toMatchObject({
      ok: false,
      error: { code: "E_APPROVAL_SIGNATURE" },
    });
    expect(readGrantStatement(stored(forEnvelope))).toMatchObject({
      ok: false,
      error: { code: "E_APPROVAL_SIGNATURE" },
    });
  });

  it("of one kind are never read as the other", () => {
    expect(readGrantStatement(stored(approvalStatement(approval))).ok).toBe(false);
    expect(readApprovalStatement(stored(grantStatement(grant, envelopeDigest(envelope)))).ok).toBe(false);
  });
});

describe("the forms of an approval", () => {
  const second: Approval = { ...approval, format: "interlock.approval/2" };
  const full: Approval = {
    ...second,
    intentDigest: testDigest("intent"),
    roster: testDigest("roster"),
    role: "operator",
    storeId: "st_1",
  };

  const third: Approval = { ...second, format: "interlock.approval/3", storeId: "st_1", place: null };

  it("are all read as they were signed, the second with or without what it may say besides", () => {
    for (const one of [approval, second, full, third, { ...third, place: { path: "/s", file: "1" } }])
      expect(readApprovalStatement(stored(approvalStatement(one)))).toEqual({ ok: true, value: one });
  });

  it("the third names its store and where that lies, always", () => {
    const { storeId: _, ...unnamed } = third;

    expect(parseApproval(stored(unnamed))).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_MISSING_FIELD", message: expect.stringContaining("storeId") }],
    });
    expect(parseApproval(stored({ ...second, format: "interlock.approval/3", storeId: "st_1" }))).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_MISSING_FIELD", message: expect.stringContaining("place") }],
    });
  });

  it("are never read as the other: what `/2` may say is unknown to `/1`, and the statement names its form", () => {
    expect(parseApproval(stored({ ...full, format: "interlock.approval/1" }))).toMatchObject({
      ok: false,
      error: [{ pointer: "/intentDigest" }, { pointer: "/roster" }, { pointer: "/role" }, { pointer: "/storeId" }],
    });
    expect(readApprovalStatement(stored({ ...approvalStatement(approval), predicate: second }))).toMatchObject({
      ok: false,
      error: { code: "E_APPROVAL_SIGNATURE", pointer: "/predicateType" },
    });
    expect(parseApproval(stored({ ...third, format: "interlock.approval/2" }))).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_UNKNOWN_FIELD", pointer: "/place" }],
    });
    expect(parseApproval(stored({ ...approval, format: "interlock.approval/4" }))).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_VERSION" }],
    });
  });
});

describe("reading", () => {
  it.each(Object.keys(approval))("an approval without `%s` is refused", (field) => {
    expect(
      parseApproval(stored(Object.fromEntries(Object.entries(approval).filter(([name]) => name !== field)))).ok,
    ).toBe(false);
  });

  it.each(Object.keys(envelope))("an envelope without `%s` is refused", (field) => {
    expect(
      parseEnvelope(stored(Object.fromEntries(Object.entries(envelope).filter(([name]) => name !== field)))).ok,
    ).toBe(false);
  });

  it("an unknown field is refused, because nobody signs what nobody reads", () => {
    expect(parseApproval(stored({ ...approval, also: true }))).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_UNKNOWN_FIELD" }],
    });
    expect(parseGrant(stored({ ...grant, envelope: { ...envelope, also: true } }))).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_UNKNOWN_FIELD" }],
    });
  });

  it.each(["box", "box/", "/a", "*/*", "box/a/b", "../x/y"])("the target `%s` is refused", (target) => {
    expect(parseEnvelope(stored({ ...envelope, targets: [target] })).ok).toBe(false);
  });

  it.each([
    ["writeCountMax", -1],
    ["writeCountMax", 1.5],
    ["costUsdMax", -0.01],
    ["durationMsMax", "1000"],
  ])("an envelope with `%s: %j` is refused", (field, value) => {
    expect(parseEnvelope(stored({ ...envelope, [field]: value })).ok).toBe(false);
  });
});
