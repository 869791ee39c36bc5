import type { Principal, SignedEnvelope } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { signStatement } from "../../identities/dsse.ts";
import { type Identity, listIdentities } from "../../identities/identity.ts";
import { copyPlain } from "../../ports/copy-plain.ts";
import { answerInTime } from "../../ports/in-time.ts";
import type { Clock, Signer, SigningPurpose } from "../../ports.ts";
import { DoorClosed, WrongAnswer } from "../site/calls.ts";
import { isBorneOut, notBorneOut, verifySigned } from "./open-signed.ts";

/** What is signed: a statement, and what it says about its signer. */
export interface Unsigned {
  readonly statement: object;
  readonly said: { readonly principal: Principal; readonly attended: boolean };
  readonly purpose: SigningPurpose;
}

/**
 * Has a statement signed by a key that is known here, and verifies the signature before anybody records it. Nothing is
 * signed that could never count: the key is looked up first, with what the statement says about it.
 *
 * @param at.identityFolder - of the public keys that are believed here
 * @returns `E_IDENTITY_UNKNOWN` for a key that is not known here, `E_APPROVAL_SIGNATURE` where the signature does not
 *   verify or the key is another person's, `E_SIGNER_FAILED` where the signer threw, gave no signature, or did not
 *   answer in time
 */
export async function signKnown(
  at: { readonly identityFolder: string; readonly clock: Pick<Clock, "sleep"> },
  signer: Signer,
  unsigned: Unsigned,
): Promise<Result<SignedEnvelope, Problem>> {
  const key = findKey(at.identityFolder, signer);
  if (!key.ok) return key;
  if (!isBorneOut(unsigned.said, key.value)) return fail(notBorneOut());
  const signed = await signStatement(unsigned.statement, careful(signer, at.clock), unsigned.purpose);
  if (!signed.ok) return signed;
  const opened = verifySigned(signed.value, [key.value]);
  return opened.ok ? signed : opened;
}

/**
 * What a statement holds that its own form does not permit, such as a fraction of a millisecond: it could be signed and
 * stored, and would never be read.
 */
export function findUnreadable(
  statement: object,
  parse: (value: JsonValue) => Result<unknown, readonly Problem[]>,
): readonly Problem[] {
  const plain = copyPlain(statement, { levelsMax: limits.depthLevelsMax, unitsMax: limits.bodyBytesMax });
  if (!plain.ok) return [problem("E_USAGE", "", `what is to be signed ${plain.error}`)];
  const read = parse(plain.value);
  return read.ok ? [] : read.error;
}

/** The key of a signer, as it is known here. A signature of another one could not be verified when it is used. */
function findKey(folder: string, { keyId }: Signer): Result<Identity, Problem> {
  const identities = listIdentities(folder);
  if (!identities.ok) return identities;
  const key = identities.value.find((identity) => identity.keyId === keyId);
  if (key !== undefined) return ok(key);
  const message = `the signer's key ${quote(keyId)} is not among the identities known here`;
  return fail(problem("E_IDENTITY_UNKNOWN", "", message, "import its public key, then sign again"));
}

/** How long we wait for a signer: the 10 minutes of its contract, and a margin. */
const signWaitMs = 610_000;

/**
 * The same signer, but it answers in time. What it throws is its own failure and no defect of ours, and people need its
 * words.
 */
function careful(signer: Signer, clock: Pick<Clock, "sleep">): Signer {
  const { person, keyId, attended } = signer;
  return {
    person,
    keyId,
    attended,
    sign: async (bytes, purpose) => {
      try {
        // A signer may throw before it gives a promise.
        const asked = (async () => signer.sign(bytes, purpose))();
        const answer = await answerInTime(asked, { clock, waitMs: signWaitMs });
        if (answer.isInTime) return answer.value;
        return fail(problem("E_SIGNER_FAILED", "", `the signer did not answer within ${signWaitMs} ms`));
      } catch (error) {
        // The door's own: the call is over.
        if (error instanceof DoorClosed || error instanceof WrongAnswer) throw error;
        const words = error instanceof Error ? quote(`${error.name}: ${error.message}`) : "something that is no error";
        return fail(problem("E_SIGNER_FAILED", "", `the signer threw ${words}`));
      }
    },
  };
}
