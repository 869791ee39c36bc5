import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type AskPassphrase, chooseIdentity, fileSigner } from "../../identities/file-signer.ts";
import type { Signer } from "../../ports.ts";
import { refuseForbidden } from "../site/record.ts";
import type { Workplace } from "../site/workplace.ts";

/** Which key is to sign, and how to ask for its passphrase. */
export interface SignerRequest {
  /** The name of one of the user's keys; `null` for the only one. */
  readonly as: string | null;
  /** Called for each signature of a key that has a passphrase, up to three times if the passphrase is wrong. */
  readonly askPassphrase: AskPassphrase;
  /** Called before the passphrase is asked for again. */
  readonly onMistyped: () => void;
}

/** A signer with a key from the user's identity folder. Refused to an actor who may not approve. */
export async function signer(place: Workplace, request: SignerRequest): Promise<Result<Signer, readonly Problem[]>> {
  const asked = { capability: "approve", asked: "signer", resource: request.as ?? "*" } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const identity = chooseIdentity(place.identityFolder, request.as);
  return identity.ok
    ? ok(fileSigner(identity.value, request.askPassphrase, request.onMistyped))
    : fail([identity.error]);
}
