import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Problem, problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { parseJson } from "../core/value/json.ts";
import { type Result, fail, ok } from "../core/value/result.ts";
import { formatTag, object } from "../core/value/shape-object.ts";
import { boolean, name, parseWith, text } from "../core/value/shape.ts";
import { digestText } from "../core/approval/parse-approval.ts";
import { keyIdOf } from "./dsse.ts";

/** A key of a person on this machine. Two identities of one `person` are one principal. */
export interface Identity {
  readonly format: "interlock.identity/1";
  readonly name: string;
  readonly person: string;
  readonly keyId: Digest;
  /** Whether the private key needs a passphrase, typed at the terminal for every signature. */
  readonly attended: boolean;
  readonly publicKey: string;
  /** PKCS #8 PEM; encrypted exactly if `attended`. */
  readonly privateKey: string;
}

const identityShape = object({
  format: formatTag("interlock.identity/1"), name: name(), person: name(), keyId: digestText(), attended: boolean(),
  publicKey: text(), privateKey: text(),
});

/** Where this user's identities lie: `$INTERLOCK_IDENTITIES`, else `identities/` below the user's configuration. */
export function identityFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const configured = environment["INTERLOCK_IDENTITIES"];
  if (configured !== undefined && configured !== "") return configured;
  return join(environment["XDG_CONFIG_HOME"] ?? join(homedir(), ".config"), "interlock", "identities");
}

/** Creates a key; without a passphrase it is unattended, and its approvals are accepted under `environment: lab` alone. */
export function createIdentity(folder: string, options: { readonly name: string; readonly person: string; readonly passphrase: string | null }): Result<Identity, Problem> {
  const path = join(folder, `${options.name}.json`);
  if (existsSync(path)) return fail(problem("E_IDENTITY_EXISTS", "", `there is an identity \`${options.name}\` already`));
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const encryption = options.passphrase === null ? {} : { cipher: "aes-256-cbc", passphrase: options.passphrase };
  const identity: Identity = {
    format: "interlock.identity/1", name: options.name, person: options.person, keyId: keyIdOf(publicKey), attended: options.passphrase !== null,
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem", ...encryption }).toString(),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(identity, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  return ok(identity);
}

/** Every identity of this folder, by name; a file that does not parse is a problem, not an absence. */
export function listIdentities(folder: string): Result<readonly Identity[], Problem> {
  if (!existsSync(folder)) return ok([]);
  const identities: Identity[] = [];
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith(".json")).sort()) {
    const identity = readIdentity(join(folder, file));
    if (!identity.ok) return identity;
    identities.push(identity.value);
  }
  return ok(identities);
}

/** The private key, unlocked; a wrong passphrase is a refusal. */
export function unlockIdentity(identity: Identity, passphrase: string | null): Result<{ readonly keyId: Digest; readonly privateKey: KeyObject }, Problem> {
  try {
    const privateKey = createPrivateKey(passphrase === null ? identity.privateKey : { key: identity.privateKey, passphrase });
    return ok({ keyId: identity.keyId, privateKey });
  } catch {
    return fail(problem("E_IDENTITY_LOCKED", "", `the key of \`${identity.name}\` does not open with this passphrase`));
  }
}

function readIdentity(path: string): Result<Identity, Problem> {
  const parsed = parseJson(readFileSync(path));
  const identity = parsed.ok ? parseWith(identityShape, parsed.value) : parsed;
  return identity.ok ? identity : fail(problem("E_IDENTITY_UNREADABLE", "", `the identity file \`${path}\` cannot be read: ${identity.error[0]?.message ?? ""}`));
}
