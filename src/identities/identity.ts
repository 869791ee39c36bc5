import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { type Problem, problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { parseJson } from "../core/value/json.ts";
import { limits } from "../core/value/limits.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { boolean, name, parseWith, text } from "../core/value/shape.ts";
import { formatTag, object } from "../core/value/shape-object.ts";
import { digestText } from "../core/value/shape-stored.ts";
import { quote } from "../core/value/text.ts";
import { unreadProblem } from "../intake/bounds.ts";
import { readRegular } from "../intake/read-file.ts";
import { makeFolder } from "../log/make-folder.ts";
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
  /** PKCS #8 PEM; encrypted if and only if `attended`. Empty if only the public key is known here. */
  readonly privateKey: string;
}

/** A key as people see it: never its private part. */
export interface IdentityView {
  readonly name: string;
  /** Two keys of one person are one approver. */
  readonly person: string;
  /** The digest of the public key. */
  readonly keyId: Digest;
  /**
   * Whether the key opens only with a passphrase that a person types, or its owner has to be present in another way.
   */
  readonly attended: boolean;
}

/** What people see of a key. */
export function viewIdentity({ name, person, keyId, attended }: Identity): IdentityView {
  return { name, person, keyId, attended };
}

const identityShape = object({
  format: formatTag("interlock.identity/1"),
  name: name(),
  person: name(),
  keyId: digestText(),
  attended: boolean(),
  publicKey: text(),
  privateKey: text(),
});

/**
 * The folder of this user's identities: `$INTERLOCK_IDENTITIES`, or else `identities/` below the user's configuration.
 * A variable that is empty counts as not set. It is never relative: the keys that are believed must not depend on the
 * folder in which a command was typed, where a stranger may have put some.
 */
export function identityFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Result<string, Problem> {
  const configured = environment["INTERLOCK_IDENTITIES"] ?? "";
  if (isAbsolute(configured)) return ok(configured);
  if (configured !== "")
    return fail(
      problem("E_USAGE", "", `INTERLOCK_IDENTITIES is ${quote(configured)}, a relative path`, "give an absolute path"),
    );
  const configuration = environment["XDG_CONFIG_HOME"] ?? "";
  // The XDG base directory specification has a relative path ignored.
  if (isAbsolute(configuration)) return ok(join(configuration, "interlock", "identities"));
  const home = homeOfUser();
  return home === null
    ? fail(
        problem(
          "E_USAGE",
          "",
          "this user has no home folder, so there is no place for keys",
          "set HOME or INTERLOCK_IDENTITIES to an absolute path",
        ),
      )
    : ok(join(home, ".config", "interlock", "identities"));
}

/** The home that `HOME` names, else the system's entry for the user; `null` if neither is an absolute path. */
function homeOfUser(): string | null {
  for (const find of [homedir, () => userInfo().homedir]) {
    try {
      const home = find();
      if (isAbsolute(home)) return home;
    } catch {
      // The system has no entry for this user.
    }
  }
  return null;
}

/** Creates a key. Without a passphrase it is unattended, and its approvals count only under `environment: lab`. */
export function createIdentity(
  folder: string,
  options: { readonly name: string; readonly person: string; readonly passphrase: string | null },
): Result<Identity, Problem> {
  // A name that could not be read back would make every later command refuse the whole folder.
  const named = parseWith(object({ name: name(), person: name() }), { name: options.name, person: options.person });
  if (!named.ok) return fail(named.error[0] ?? problem("E_NAME_CHARSET", "/name", "the name cannot be used"));
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const encryption = options.passphrase === null ? {} : { cipher: "aes-256-cbc", passphrase: options.passphrase };
  return writeIdentity(folder, {
    format: "interlock.identity/1",
    name: options.name,
    person: options.person,
    keyId: keyIdOf(publicKey),
    attended: options.passphrase !== null,
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem", ...encryption }).toString(),
  });
}

/**
 * Adds a public key whose owner signs elsewhere, with a private key that never comes here.
 *
 * @param options.publicKey - SubjectPublicKeyInfo in PEM; only Ed25519
 * @param options.attended - whether its owner has to be present for each signature
 */
export function importIdentity(
  folder: string,
  options: { readonly name: string; readonly person: string; readonly publicKey: string; readonly attended: boolean },
): Result<Identity, Problem> {
  const named = parseWith(object({ name: name(), person: name() }), { name: options.name, person: options.person });
  if (!named.ok) return fail(named.error[0] ?? problem("E_NAME_CHARSET", "/name", "the name cannot be used"));
  const publicKey = readEd25519(options.publicKey);
  if (publicKey === null)
    return fail(problem("E_SCHEMA", "/publicKey", "expected an Ed25519 public key in PEM", "export it as `spki` PEM"));
  return writeIdentity(folder, {
    format: "interlock.identity/1",
    name: options.name,
    person: options.person,
    keyId: keyIdOf(publicKey),
    attended: options.attended,
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: "",
  });
}

function readEd25519(pem: string): KeyObject | null {
  // Node would take the public part of a private key. Somebody who passes one here has made a mistake.
  if (!pem.includes("BEGIN PUBLIC KEY")) return null;
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
}

function writeIdentity(folder: string, identity: Identity): Result<Identity, Problem> {
  const path = join(folder, `${identity.name}.json`);
  if (existsSync(path))
    return fail(problem("E_IDENTITY_EXISTS", "", `there is an identity \`${identity.name}\` already`));
  makeFolder(folder);
  writeFileSync(path, `${JSON.stringify(identity, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  return ok(identity);
}

/**
 * All identities of this folder, by name. A file that does not parse is a problem; it is not skipped. A folder or file
 * that other users may write is refused, because they could add a key and approve with it (I1).
 */
export function listIdentities(folder: string): Result<readonly Identity[], Problem> {
  if (!existsSync(folder)) return ok([]);
  const open = findOpen(folder, "folder");
  if (open !== null) return fail(open);
  const identities: Identity[] = [];
  for (const file of readdirSync(folder)
    .filter((entry) => entry.endsWith(".json"))
    .sort()) {
    const identity = readIdentity(join(folder, file));
    if (!identity.ok) return identity;
    identities.push(identity.value);
  }
  return ok(identities);
}

/** The unlocked private key. A wrong passphrase is a refusal. */
export function unlockIdentity(
  identity: Identity,
  passphrase: string | null,
): Result<{ readonly keyId: Digest; readonly privateKey: KeyObject }, Problem> {
  try {
    const privateKey = createPrivateKey(
      passphrase === null ? identity.privateKey : { key: identity.privateKey, passphrase },
    );
    return ok({ keyId: identity.keyId, privateKey });
  } catch {
    return fail(problem("E_IDENTITY_LOCKED", "", `the key of \`${identity.name}\` does not open with this passphrase`));
  }
}

function readIdentity(path: string): Result<Identity, Problem> {
  const open = findOpen(path, "file");
  if (open !== null) return fail(open);
  const bytes = readRegular(path, { bytesMax: limits.bodyBytesMax });
  if (!bytes.ok) return fail({ ...unreadProblem(path, bytes.error), code: "E_IDENTITY_UNREADABLE" });
  const parsed = parseJson(bytes.value);
  const identity = parsed.ok ? parseWith(identityShape, parsed.value) : parsed;
  if (!identity.ok)
    return fail(
      problem(
        "E_IDENTITY_UNREADABLE",
        "",
        `the identity file \`${path}\` cannot be read: ${identity.error[0]?.message ?? ""}`,
      ),
    );
  const wrong = findContradiction(identity.value);
  return wrong === null
    ? identity
    : fail(problem("E_IDENTITY_UNREADABLE", "", `the identity file \`${path}\` contradicts itself: ${wrong}`));
}

/** What an identity file says about its own keys must be true, because approvals rely on it. */
function findContradiction(identity: Identity): string | null {
  const isEncrypted = identity.privateKey.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
  if (isEncrypted !== identity.attended)
    return identity.attended
      ? "it is called attended, and its key opens without a passphrase"
      : "it is called unattended, and its key is encrypted";
  try {
    const publicKey = createPublicKey(identity.publicKey);
    if (publicKey.asymmetricKeyType !== "ed25519") return "its key is not Ed25519";
    return keyIdOf(publicKey) === identity.keyId ? null : "`keyId` is not that of its public key";
  } catch {
    return "its public key cannot be read";
  }
}

/** A problem if someone else may change this folder or file, or else `null`. What is neither is never made safer. */
function findOpen(path: string, kind: "folder" | "file"): Problem | null {
  const found = statSync(path);
  if (kind === "folder" ? !found.isDirectory() : !found.isFile()) {
    const message = `\`${path}\` is no ${kind === "folder" ? "folder" : "regular file"}`;
    return problem("E_IDENTITY_UNREADABLE", "", message, "name the folder that holds the keys, or take this out of it");
  }
  const { mode, uid } = found;
  const isOurs = process.getuid === undefined || uid === process.getuid() || uid === 0;
  if (isOurs && (mode & 0o022) === 0) return null;
  return problem(
    "E_IDENTITY_UNREADABLE",
    "",
    `\`${path}\` can be changed by others, who could approve in its owner's name`,
    `own it yourself, and run \`chmod go-w ${path}\``,
  );
}
