import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type AskPassphrase, chooseIdentity, fileSigner } from "../../identities/file-signer.ts";
import type { Signer } from "../../ports.ts";
import { refuseForbidden } from "../site/record.ts";
import type { Workplace } from "../site/workplace.ts";

/** Which key is to sign, and how its passphrase is asked for. */
export interface SignerRequest {
  /** The name of a key of the user's own; `null` for the only one. */
  readonly as: string | null;
  /** Asked for each signature of a key that has a passphrase; up to three times where it is wrong. */
  readonly askPassphrase: AskPassphrase;
  /** Told before the passphrase is asked for once more. */
  readonly onMistyped: () => void;
}

/** A signer on a key that lies in the user's identity folder. An actor who may not approve has no use for one. */
export async function signer(place: Workplace, request: SignerRequest): Promise<Result<Signer, readonly Problem[]>> {
  const asked = { capability: "approve", asked: "signer", resource: request.as ?? "*" } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const identity = chooseIdentity(place.identityFolder, request.as);
  return identity.ok
    ? ok(fileSigner(identity.value, request.askPassphrase, request.onMistyped))
    : fail([identity.error]);
}
