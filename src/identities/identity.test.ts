import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyIdOf } from "./dsse.ts";
import { createIdentity, type Identity, listIdentities, unlockIdentity } from "./identity.ts";

let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "identity-")), "identities");
});

afterEach(() => {
  rmSync(join(folder, ".."), { recursive: true });
});

function create(name: string, passphrase: string | null = null): Identity {
  const made = createIdentity(folder, { name, person: "alice", passphrase });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

function rewrite(identity: Identity, change: Partial<Identity>): void {
  writeFileSync(join(folder, `${identity.name}.json`), JSON.stringify({ ...identity, ...change }));
}

describe("createIdentity", () => {
  it("keeps the key where its user alone can read it", () => {
    create("alice");

    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "alice.json")).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["alice smith", "alice"],
    ["../alice", "alice"],
    ["alice", "Alice Smith"],
  ])("refuses the name %j of %j, which could not be read back", (name, person) => {
    expect(createIdentity(folder, { name, person, passphrase: null })).toMatchObject({
      ok: false,
      error: { code: "E_NAME_CHARSET" },
    });
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });

  it("makes a key that opens with its passphrase alone", () => {
    const identity = create("alice", "correct horse");

    expect(unlockIdentity(identity, "correct horse").ok).toBe(true);
    expect(unlockIdentity(identity, "wrong")).toMatchObject({ ok: false, error: { code: "E_IDENTITY_LOCKED" } });
    expect(unlockIdentity(identity, null)).toMatchObject({ ok: false, error: { code: "E_IDENTITY_LOCKED" } });
  });
});

describe("listIdentities", () => {
  const unreadable = { ok: false, error: { code: "E_IDENTITY_UNREADABLE" } };

  it("gives back what was created", () => {
    const identities = [create("alice"), create("bob", "correct horse")];

    expect(listIdentities(folder)).toEqual({ ok: true, value: identities });
  });

  it.each([
    ["the folder", ""],
    ["a file", "alice.json"],
  ])("refuses %s that others may write, because they could add a key and approve (I1)", (_, name) => {
    create("alice");
    const path = join(folder, name);
    chmodSync(path, statSync(path).mode | 0o020);

    expect(listIdentities(folder)).toMatchObject(unreadable);
  });

  it("refuses a device in place of the folder or of a file, and gives no advice to change its mode", () => {
    const device = listIdentities("/dev/zero");
    mkdirSync(join(folder, "alice.json"), { recursive: true });
    const inside = listIdentities(folder);

    expect([device, inside]).toMatchObject([unreadable, unreadable]);
    expect(JSON.stringify([device, inside])).not.toContain("chmod");
    expect(device.ok ? "" : device.error.message).toBe("`/dev/zero` is no folder");
  });

  it("refuses a key that is called attended and opens without a passphrase", () => {
    rewrite(create("alice"), { attended: true });

    expect(listIdentities(folder)).toMatchObject(unreadable);
  });

  it("refuses a file whose name for its key is another key's", () => {
    rewrite(create("alice"), { keyId: create("bob").keyId });

    expect(listIdentities(folder)).toMatchObject(unreadable);
  });

  it("refuses what is no Ed25519 key, and what is no key", () => {
    const identity = create("alice");
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    rewrite(identity, {
      publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
      keyId: keyIdOf(publicKey),
    });
    expect(listIdentities(folder)).toMatchObject(unreadable);

    rewrite(identity, { publicKey: "none" });
    expect(listIdentities(folder)).toMatchObject(unreadable);
  });
});
