import { sign } from "node:crypto";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { quote } from "../core/value/text.ts";
import type { Signer } from "../ports.ts";
import { type Identity, type IdentityView, listIdentities, unlockIdentity, viewIdentity } from "./identity.ts";

/** Asks a person for the passphrase of a key. `null` means that there is none to give. */
export type AskPassphrase = (identity: IdentityView) => Promise<Result<string | null, Problem>>;

/**
 * A person who mistypes in the middle of an incident is asked again, so that the plan is not lost to a slip of the
 * finger.
 */
const passphraseTries = 3;

/** A signer whose key is in an identity file. It asks for the passphrase each time it signs, up to three times. */
export function fileSigner(identity: Identity, ask: AskPassphrase, onMistyped: () => void = () => undefined): Signer {
  return {
    person: identity.person,
    keyId: identity.keyId,
    attended: identity.attended,
    sign: async (bytes) => {
      for (let triesLeft = passphraseTries; ; triesLeft -= 1) {
        const passphrase = identity.attended ? await ask(viewIdentity(identity)) : ok(null);
        if (!passphrase.ok) return passphrase;
        const key = unlockIdentity(identity, passphrase.value);
        if (key.ok) return ok(sign(null, bytes, key.value.privateKey));
        if (key.error.code !== "E_IDENTITY_LOCKED" || triesLeft <= 1 || !identity.attended) return key;
        onMistyped();
      }
    },
  };
}

/** The key to sign with: the named one, or the only one in the folder. */
export function chooseIdentity(folder: string, name: string | null): Result<Identity, Problem> {
  const identities = listIdentities(folder);
  if (!identities.ok) return identities;
  // If only the public part of a key is known here, its owner signs elsewhere.
  const own = identities.value.filter(({ privateKey }) => privateKey !== "");
  const fitting = name === null ? own : own.filter((identity) => identity.name === name);
  const [first, second] = fitting;
  if (first === undefined)
    return fail(
      problem(
        "E_IDENTITY_UNKNOWN",
        "",
        name === null ? "you have no key to approve with" : `you have no key ${quote(name)}`,
      ),
    );
  if (second === undefined) return ok(first);
  const names = fitting.map((identity) => identity.name).join(", ");
  return fail(problem("E_IDENTITY_UNKNOWN", "", "you have more than one key", `choose the one that signs: ${names}`));
}
