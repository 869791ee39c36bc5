// One example of each document that is signed, recorded or sent, made by our own code from fixed values. A test
// compares them byte for byte.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { Approval, Grant } from "../../src/core/approval/approval.ts";
import { approvalStatement, envelopeDigest, grantStatement } from "../../src/core/approval/parse-approval.ts";
import { genesisDigest } from "../../src/core/log/chain.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import { digest, digestBytes } from "../../src/core/value/digest.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { ok } from "../../src/core/value/result.ts";
import { keyIdOf, signStatement } from "../../src/identities/dsse.ts";
import { exportLine } from "../../src/log/export-log.ts";
import { sealRecord } from "../../src/log/seal.ts";
import type { ControlRequest } from "../../src/owner/control/protocol.ts";
import type { Signer } from "../../src/ports.ts";

/** A key for examples: its 32 secret bytes are 0 … 31, in the PKCS #8 form of RFC 8410. */
export const exampleKey = createPrivateKey({
  key: Buffer.concat([
    Buffer.from("302e020100300506032b657004220420", "hex"),
    Buffer.from(Array.from({ length: 32 }, (_, index) => index)),
  ]),
  format: "der",
  type: "pkcs8",
});

const keyId = keyIdOf(createPublicKey(exampleKey));
const planHash = digestBytes("interlock.example/1", Buffer.from("a plan"));
const alice = { kind: "person", id: "alice", keyId } as const;

/** The form that 0.1.0 signs. The later form is below. */
const approval: Approval = {
  format: "interlock.approval/1",
  approvalId: "ap_example",
  planHash,
  principal: alice,
  issuedAtMs: 1_790_000_000_000,
  expiresAtMs: 1_790_003_600_000,
  attended: true,
  solo: false,
  typedTargets: ["controller/a", "host/h1"],
};

const approvalTwo: Approval = {
  ...approval,
  format: "interlock.approval/2",
  intentDigest: digestBytes("interlock.example/1", Buffer.from("an intent")),
  roster: digestBytes("interlock.example/1", Buffer.from("a roster")),
  role: "operator",
  storeId: "st_example",
};

const approvalThree: Approval = {
  ...approval,
  format: "interlock.approval/3",
  storeId: "st_example",
  place: { path: "/site/.interlock", file: "4711" },
};

const grant: Grant = {
  format: "interlock.grant/1",
  grantId: "gr_example",
  principal: alice,
  issuedAtMs: 1_790_000_000_000,
  expiresAtMs: 1_790_003_600_000,
  attended: true,
  envelope: {
    domain: "storage-firmware",
    actions: ["host.use_path"],
    targets: ["host/*"],
    writeCountMax: 4,
    costUsdMax: 0,
    durationMsMax: 600_000,
    irreversible: false,
  },
};

const grantTwo: Grant = {
  ...grant,
  format: "interlock.grant/2",
  storeId: "st_example",
  place: { path: "/site/.interlock", file: "4711" },
};

const events: readonly Event[] = [
  { kind: "pack_trusted", runId: null, pack: "storage-firmware", digest: planHash, by: alice },
  {
    kind: "approval_recorded",
    runId: null,
    approvalId: "ap_example",
    planHash,
    envelope: digest("interlock.envelope/1", approval),
    by: alice,
  },
  { kind: "step_skipped", runId: "run_example", stepId: "s2" },
  { kind: "frozen", runId: null, scope: "host/h1", by: alice, reason: 'é "quoted" \u0007' },
];

const control: ControlRequest = {
  format: "interlock.control/1",
  input: { kind: "stop", runId: "run_example", by: { kind: "person", id: "alice", keyId: null }, reason: "enough" },
};

/** The text of each document, by file name. The log is JSON Lines. */
export async function makeContractDocuments(): Promise<Readonly<Record<string, string>>> {
  return {
    "approval.json": `${canonicalText(approval)}\n`,
    "approval.dsse.json": `${await signed(approvalStatement(approval))}\n`,
    "approval-2.json": `${canonicalText(approvalTwo)}\n`,
    "approval-2.dsse.json": `${await signed(approvalStatement(approvalTwo))}\n`,
    "approval-3.json": `${canonicalText(approvalThree)}\n`,
    "approval-3.dsse.json": `${await signed(approvalStatement(approvalThree))}\n`,
    "grant-2.json": `${canonicalText(grantTwo)}\n`,
    "grant-2.dsse.json": `${await signed(grantStatement(grantTwo, envelopeDigest(grantTwo.envelope)))}\n`,
    "grant.json": `${canonicalText(grant)}\n`,
    "grant.dsse.json": `${await signed(grantStatement(grant, envelopeDigest(grant.envelope)))}\n`,
    "control.json": `${canonicalText(control)}\n`,
    "log.jsonl": logText(),
  };
}

async function signed(statement: object): Promise<string> {
  const signer: Signer = {
    person: "alice",
    keyId,
    attended: true,
    sign: async (bytes) => ok(sign(null, bytes, exampleKey)),
  };
  const envelope = await signStatement(statement, signer, { kind: "approval", planHash });
  if (!envelope.ok) throw new Error(envelope.error.message);
  return canonicalText(envelope.value);
}

function logText(): string {
  const lines: string[] = [];
  let previous = genesisDigest;
  for (const [seq, event] of events.entries()) {
    // An event is plain data by construction.
    const sealed = sealRecord(
      {
        stream: event.runId ?? "site",
        atMs: 1_790_000_000_000 + seq,
        kind: event.kind,
        body: event as unknown as JsonValue,
      },
      seq,
      previous,
    );
    lines.push(exportLine({ record: sealed.record, digest: sealed.digest, bodyText: sealed.bodyText }));
    previous = sealed.digest;
  }
  const header = JSON.stringify({ format: "interlock.log/1", length: events.length, head: previous });
  return `${[header, ...lines].join("\n")}\n`;
}
