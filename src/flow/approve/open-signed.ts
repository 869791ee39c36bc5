import type { Principal, SignedEnvelope } from "../../core/approval/approval.ts";
import { parseSignedEnvelope } from "../../core/approval/parse-approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { openEnvelope, readPublicKey } from "../../identities/dsse.ts";
import type { Identity } from "../../identities/identity.ts";
import type { LogSource } from "../../log/store.ts";

/** Where signed envelopes are looked up: beside the owner's log, or in what was read of it. */
export type SignedDocuments = Pick<LogSource, "document">;

/** A signed statement from beside the log, if the signature of an identity known here holds. */
export function openSigned(
  envelopeDigest: Digest,
  log: SignedDocuments,
  identities: readonly Identity[],
): Result<{ readonly statement: JsonValue; readonly signer: Identity }, Problem> {
  const stored = log.document(envelopeDigest);
  if (stored === null || digest("interlock.envelope/1", stored) !== envelopeDigest)
    return fail(problem("E_APPROVAL_SIGNATURE", "", "the signed envelope is missing or was changed"));
  const envelope = parseSignedEnvelope(stored);
  return envelope.ok ? verifySigned(envelope.value, identities) : fail(unreadable(envelope.error));
}

/** The statement in an envelope, if the signature of one of these identities holds. */
export function verifySigned(
  envelope: SignedEnvelope,
  identities: readonly Identity[],
): Result<{ readonly statement: JsonValue; readonly signer: Identity }, Problem> {
  const findSigner = (keyId: string): Identity | undefined => identities.find((candidate) => candidate.keyId === keyId);
  const opened = openEnvelope(envelope, (keyId) => {
    const identity = findSigner(keyId);
    return identity === undefined ? null : readPublicKey(identity.publicKey);
  });
  if (!opened.ok) return opened;
  const signer = findSigner(opened.value.keyId);
  return signer === undefined ? fail(notBorneOut()) : ok({ statement: opened.value.statement, signer });
}

/** An envelope of another release, whose digest is right. */
function unreadable([first]: readonly Problem[]): Problem {
  const { pointer, message } = first ?? problem("E_APPROVAL_SIGNATURE", "", "it does not parse");
  return problem("E_APPROVAL_SIGNATURE", pointer, `this release cannot read the signed envelope: ${message}`);
}

/**
 * Whether what a statement says about its signer is true of the key: the person behind it, and whether it needs a
 * passphrase.
 */
export function isBorneOut(
  statement: { readonly principal: Principal; readonly attended: boolean },
  signer: Identity,
): boolean {
  return signer.person === statement.principal.id && (!statement.attended || signer.attended);
}

/** The refusal of a statement that says something untrue about its key. */
export function notBorneOut(): Problem {
  return problem(
    "E_APPROVAL_SIGNATURE",
    "",
    "the signed statement says something about its signer that is not true of the key",
  );
}
