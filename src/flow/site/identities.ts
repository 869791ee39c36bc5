import type { Problem } from "../../core/value/codes.ts";
import { problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import {
  createIdentity as createKey,
  type IdentityView,
  importIdentity as importKey,
  listIdentities,
  viewIdentity,
} from "../../identities/identity.ts";
import { refuseForbidden } from "./record.ts";
import { readSource, type Source } from "./source.ts";
import type { Workplace } from "./workplace.ts";

/** The key to create. */
export interface CreateIdentityRequest {
  readonly name: string;
  readonly person: string;
  /**
   * Has the person choose a passphrase of at least this many characters. Called once, and only if the actor may have a
   * key. `null` makes an unattended key, which counts only under `environment: lab`.
   */
  readonly choosePassphrase: ((rule: { readonly charsMin: number }) => Promise<Result<string, Problem>>) | null;
}

const passphraseCharsMin = 8;

/** The keys of this user, by name. */
export async function identities(place: Workplace): Promise<Result<readonly IdentityView[], readonly Problem[]>> {
  const listed = listIdentities(place.identityFolder);
  return listed.ok ? ok(listed.value.map(viewIdentity)) : fail([listed.error]);
}

/** Creates a key. People approve with keys, so an actor who may not approve gets none. */
export async function createIdentity(
  place: Workplace,
  request: CreateIdentityRequest,
): Promise<Result<IdentityView, readonly Problem[]>> {
  const { name, person } = request;
  const asked = { capability: "approve", asked: "identity create", resource: name } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  // Nobody has to choose a passphrase for a name that is taken.
  const listed = listIdentities(place.identityFolder);
  if (listed.ok && listed.value.some((known) => known.name === name))
    return fail([problem("E_IDENTITY_EXISTS", "", `there is an identity ${quote(name)} already`)]);
  const chosen = await request.choosePassphrase?.({ charsMin: passphraseCharsMin });
  if (chosen?.ok === false) return fail([chosen.error]);
  const passphrase = chosen?.value ?? null;
  if (passphrase !== null && passphrase.length < passphraseCharsMin) {
    const message = `the passphrase has fewer than ${passphraseCharsMin} characters`;
    return fail([problem("E_USAGE", "", message, "choose a longer one")]);
  }
  const created = createKey(place.identityFolder, { name, person, passphrase });
  return created.ok ? ok(viewIdentity(created.value)) : fail([created.error]);
}

/** The public key to add. */
export interface ImportIdentityRequest {
  readonly name: string;
  readonly person: string;
  /** SubjectPublicKeyInfo in PEM; only Ed25519. */
  readonly publicKey: Source;
  /** Whether its owner has to be present for each signature. */
  readonly attended: boolean;
}

/** Adds a public key, so that what its owner signs elsewhere counts here. */
export async function importIdentity(
  place: Workplace,
  request: ImportIdentityRequest,
): Promise<Result<IdentityView, readonly Problem[]>> {
  const asked = { capability: "approve", asked: "identity import", resource: request.name } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const bytes = await readSource(request.publicKey);
  if (!bytes.ok) return fail([bytes.error]);
  const publicKey = new TextDecoder().decode(bytes.value);
  const imported = importKey(place.identityFolder, { ...request, publicKey });
  return imported.ok ? ok(viewIdentity(imported.value)) : fail([imported.error]);
}
