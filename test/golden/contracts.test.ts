import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { SignedEnvelope } from "../../src/core/approval/approval.ts";
import {
  parseApproval,
  parseGrant,
  readApprovalStatement,
  readGrantStatement,
} from "../../src/core/approval/parse-approval.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import { parseJson } from "../../src/core/value/json.ts";
import { openEnvelope } from "../../src/identities/dsse.ts";
import { parseControl } from "../../src/owner/control/parse-control.ts";
import { verifyExport } from "../../verifier/verify.ts";
import { exampleKey, makeContractDocuments } from "./contract-documents.ts";

function read(name: string): string {
  return readFileSync(new URL(`contracts/${name}`, import.meta.url), "utf8");
}

function json(name: string) {
  const parsed = parseJson(read(name));
  if (!parsed.ok) throw new Error(`${name} does not parse`);
  return parsed.value;
}

const publicKey = createPublicKey(exampleKey);

describe("golden documents of approval, grant, control and log", async () => {
  it.each(Object.entries(await makeContractDocuments()))("%s is what it has always been", (name, text) => {
    expect(text).toBe(read(name));
  });

  it.each([
    ["approval", parseApproval],
    ["approval-2", parseApproval],
    ["approval-3", parseApproval],
    ["grant", parseGrant],
    ["grant-2", parseGrant],
  ] as const)("the %s is read back to the same bytes", (name, parse) => {
    const parsed = parse(json(`${name}.json`));

    expect(parsed.ok && `${canonicalText(parsed.value)}\n`).toBe(read(`${name}.json`));
  });

  it("the signed envelopes open to the statements of the same documents", () => {
    // Written by our own code above.
    const open = (name: string) => openEnvelope(json(name) as unknown as SignedEnvelope, () => publicKey);
    const approval = open("approval.dsse.json");
    const grant = open("grant.dsse.json");
    const second = open("approval-2.dsse.json");

    expect(second.ok && readApprovalStatement(second.value.statement)).toMatchObject({
      ok: true,
      value: { format: "interlock.approval/2", role: "operator", storeId: "st_example" },
    });
    expect(approval.ok && readApprovalStatement(approval.value.statement)).toMatchObject({
      ok: true,
      value: { approvalId: "ap_example" },
    });
    expect(grant.ok && readGrantStatement(grant.value.statement)).toMatchObject({
      ok: true,
      value: { grantId: "gr_example" },
    });
  });

  it("the signature verifies over bytes put together by hand from the DSSE protocol", () => {
    const envelope = JSON.parse(read("approval.dsse.json")) as SignedEnvelope;
    const payload = Buffer.from(envelope.payload, "base64");
    const type = "application/vnd.in-toto+json";
    const bytes = Buffer.concat([Buffer.from(`DSSEv1 28 ${type} ${payload.length} `), payload]);

    expect(type.length).toBe(28);
    expect(verify(null, bytes, publicKey, Buffer.from(envelope.signatures[0]?.sig ?? "", "base64"))).toBe(true);
  });

  it("one changed byte of the payload no longer verifies", () => {
    const envelope = JSON.parse(read("approval.dsse.json")) as SignedEnvelope;
    const payload = Buffer.from(envelope.payload, "base64");
    payload[payload.length - 3] = (payload[payload.length - 3] ?? 0) ^ 1;

    expect(openEnvelope({ ...envelope, payload: payload.toString("base64") }, () => publicKey)).toMatchObject({
      ok: false,
      error: { code: "E_APPROVAL_SIGNATURE" },
    });
  });

  it("the control request is read back", () => {
    expect(parseControl(read("control.json").trimEnd())).toMatchObject({
      ok: true,
      value: { kind: "stop", runId: "run_example" },
    });
  });

  it("the log verifies apart, and its last digest is what a hash by hand gives", () => {
    const lines = read("log.jsonl").trimEnd().split("\n");
    const last = JSON.parse(lines.at(-1) ?? "") as Record<string, string | number>;
    const { atMs, body, kind, previous, seq, stream } = last;
    const byHand = createHash("sha256")
      .update(`interlock.record/1\0${JSON.stringify({ atMs, body, kind, previous, seq, stream })}`)
      .digest("hex");

    expect(verifyExport(lines)).toMatchObject({ ok: true, length: 4 });
    expect(last["digest"]).toBe(`sha256:${byHand}`);
  });
});
