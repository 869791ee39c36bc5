// A signer of somebody else's, held against the contract; then the contract itself, against signers that break it.
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { problem } from "../core/value/codes.ts";
import { fail, ok } from "../core/value/result.ts";
import type { Signer } from "../ports.ts";
import { keyIdOf } from "./dsse.ts";
import { signerContract } from "./signer-contract.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
const signer: Signer = {
  person: "rita",
  keyId: keyIdOf(publicKey),
  attended: true,
  sign: async (bytes) => ok(Uint8Array.from(sign(null, bytes, privateKey))),
};
const declining: Signer = { ...signer, sign: async () => fail(problem("E_INTERRUPTED", "", "no")) };

describe("a signer of somebody else's", () => {
  for (const { claim, check } of signerContract({ signer, publicKey: pem, declining })) it(claim, check);
});

describe("the contract notices a signer that", () => {
  // The types forbid some of these answers; JavaScript does not.
  it.each<[string, string, Partial<Signer>]>([
    ["names another key", "it names its person", { keyId: keyIdOf(other.publicKey) }],
    ["has a name that no approval may hold", "it names its person", { person: "rita\0" }],
    ["signs with another key", "it signs exactly", { sign: async (bytes) => ok(sign(null, bytes, other.privateKey)) }],
    ["signs a part", "it signs exactly", { sign: async (bytes) => ok(sign(null, bytes.slice(1), privateKey)) }],
    ["signs nothing", "it signs exactly", { sign: async () => ok(new Uint8Array(64)) }],
    ["answers nothing", "it signs exactly", { sign: (async () => undefined) as unknown as Signer["sign"] }],
    ["gives the same to all", "it signs several", { sign: () => signer.sign(new Uint8Array(1), purposeless) }],
  ])("%s", async (_, beginning, change) => {
    const broken = signerContract({ signer: { ...signer, ...change }, publicKey: pem, declining });
    const claim = broken.find((one) => one.claim.startsWith(beginning));

    await expect(claim?.check()).rejects.toThrow();
  });

  it("throws where the person declines", async () => {
    const throwing: Signer = { ...signer, sign: () => Promise.reject(new Error("no")) };
    const claims = signerContract({ signer, publicKey: pem, declining: throwing });

    await expect(claims.at(-1)?.check()).rejects.toThrow();
  });
});

const purposeless = { kind: "grant", grantId: "gr_1" } as const;
