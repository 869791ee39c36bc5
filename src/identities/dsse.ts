import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { SignedEnvelope } from "../core/approval/approval.ts";
import { canonicalText } from "../core/value/canonical.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { type Digest, digestBytes } from "../core/value/digest.ts";
import { parseJson } from "../core/value/json.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import type { NextStep } from "../core/value/next-step.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { readSignature } from "../ports/read-signature.ts";
import type { Signer, SigningPurpose } from "../ports.ts";

const payloadType = "application/vnd.in-toto+json";

/**
 * Has a statement signed with Ed25519, in a DSSE envelope. Source:
 * https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */
export async function signStatement(
  statement: object,
  signer: Signer,
  purpose: SigningPurpose,
): Promise<Result<SignedEnvelope, Problem>> {
  const payload = Buffer.from(canonicalText(statement));
  const signature = readSignature(await signer.sign(preAuthEncoding(payload), purpose));
  if (!signature.ok) return signature;
  return ok({
    payloadType,
    payload: payload.toString("base64"),
    signatures: [{ keyid: signer.keyId, sig: Buffer.from(signature.value).toString("base64") }],
  });
}

/** The statement in an envelope, if a known key has signed it; `publicKeyOf` gives the keys that are known here. */
export function openEnvelope(
  envelope: SignedEnvelope,
  publicKeyOf: (keyId: string) => KeyObject | null,
): Result<{ readonly statement: JsonValue; readonly keyId: string }, Problem> {
  const payload = Buffer.from(envelope.payload, "base64");
  if (envelope.payloadType !== payloadType) return fail(invalid("the envelope is not an in-toto statement"));
  for (const signature of envelope.signatures) {
    const key = publicKeyOf(signature.keyid);
    if (key === null) continue;
    if (!verify(null, preAuthEncoding(payload), key, Buffer.from(signature.sig, "base64")))
      return fail(invalid("the signature does not verify"));
    const statement = parseJson(payload);
    return statement.ok
      ? ok({ statement: statement.value, keyId: signature.keyid })
      : fail(invalid("the signed statement is not JSON"));
  }
  return fail(
    invalid("no key known here signed it", "keep the approver's public key among the identities here", {
      do: "list_identities",
    }),
  );
}

/** The name of a public key: the digest of its SubjectPublicKeyInfo bytes. */
export function keyIdOf(publicKey: KeyObject): Digest {
  return digestBytes("interlock.key/1", publicKey.export({ type: "spki", format: "der" }));
}

/** A public key from its PEM text. */
export function readPublicKey(pem: string): KeyObject {
  return createPublicKey(pem);
}

/**
 * The bytes that are signed. Type and length stand before the payload, so that no message of another protocol can be
 * mistaken for it.
 */
function preAuthEncoding(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload]);
}

function invalid(message: string, hint?: string, next?: NextStep): Problem {
  return problem("E_APPROVAL_SIGNATURE", "", message, hint, next);
}
