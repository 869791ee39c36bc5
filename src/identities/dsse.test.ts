import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SignedEnvelope } from "../core/approval/approval.ts";
import { problem } from "../core/value/codes.ts";
import { fail, ok } from "../core/value/result.ts";
import type { Signer } from "../ports.ts";
import { keyIdOf, openEnvelope, signStatement } from "./dsse.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const key = { keyId: keyIdOf(publicKey), privateKey };
const known = (keyId: string): typeof publicKey | null => (keyId === key.keyId ? publicKey : null);
const signer: Signer = {
  person: "alice",
  keyId: key.keyId,
  attended: false,
  sign: async (bytes) => ok(sign(null, bytes, privateKey)),
};
const statement = { b: "zwölf", a: [1, true, null] };

async function signed(): Promise<SignedEnvelope> {
  const envelope = await signStatement(statement, signer, { kind: "grant", grantId: "gr_1" });
  if (!envelope.ok) throw new Error(envelope.error.message);
  return envelope.value;
}

/** The pre-authentication encoding as its specification words it, written apart from the code it checks. */
function encodingOf(type: string, body: Buffer): Buffer {
  const head = ["DSSEv1", String(Buffer.byteLength(type)), type, String(body.length), ""].join(" ");
  return Buffer.concat([Buffer.from(head, "utf8"), body]);
}

describe("a signed envelope", () => {
  it("carries the canonical bytes of its statement", async () => {
    const { payload, payloadType } = await signed();

    expect(Buffer.from(payload, "base64").toString("utf8")).toBe('{"a":[1,true,null],"b":"zwölf"}');
    expect(payloadType).toBe("application/vnd.in-toto+json");
  });

  it("is verified by code that follows the specification, with Ed25519 over its encoding", async () => {
    const envelope = await signed();
    const body = Buffer.from('{"a":[1,true,null],"b":"zwölf"}', "utf8");
    const pem = publicKey.export({ type: "spki", format: "pem" });

    expect(encodingOf("http://example.com/HelloWorld", Buffer.from("hello world")).toString()).toBe(
      "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    );
    expect(
      verify(
        null,
        encodingOf("application/vnd.in-toto+json", body),
        createPublicKey(pem),
        Buffer.from(envelope.signatures[0]?.sig ?? "", "base64"),
      ),
    ).toBe(true);
  });

  it("opens to the statement and the key that signed it", async () => {
    expect(openEnvelope(await signed(), known)).toEqual({
      ok: true,
      value: { statement, keyId: key.keyId },
    });
  });
});

describe("a signer", () => {
  it("that declines, or gives something that is no signature, makes no envelope", async () => {
    const declined = { ...signer, sign: async () => fail(problem("E_INTERRUPTED", "", "no")) };
    const short = { ...signer, sign: async () => ok(new Uint8Array(63)) };
    const purpose = { kind: "grant", grantId: "gr_1" } as const;

    expect(await signStatement(statement, declined, purpose)).toMatchObject({ error: { code: "E_INTERRUPTED" } });
    expect(await signStatement(statement, short, purpose)).toMatchObject({ error: { code: "E_SIGNER_FAILED" } });
  });
});

describe("an envelope is refused", async () => {
  const envelope = await signed();
  const codeOf = (changed: typeof envelope, keys = known): string => {
    const opened = openEnvelope(changed, keys);
    return opened.ok ? "opened" : opened.error.code;
  };

  it("with any bit of its payload flipped", () => {
    const bytes = Buffer.from(envelope.payload, "base64");
    const opened = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return codeOf({ ...envelope, payload: flipped.toString("base64") });
    });

    expect(new Set(opened)).toEqual(new Set(["E_APPROVAL_SIGNATURE"]));
  });

  it("with any bit of its signature flipped", () => {
    const bytes = Buffer.from(envelope.signatures[0]?.sig ?? "", "base64");
    const opened = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return codeOf({ ...envelope, signatures: [{ keyid: key.keyId, sig: flipped.toString("base64") }] });
    });

    expect(new Set(opened)).toEqual(new Set(["E_APPROVAL_SIGNATURE"]));
  });

  it("with another payload type, no signature, or none of a known key", () => {
    expect(codeOf({ ...envelope, payloadType: "text/plain" as never })).toBe("E_APPROVAL_SIGNATURE");
    expect(codeOf({ ...envelope, signatures: [] })).toBe("E_APPROVAL_SIGNATURE");
    expect(codeOf(envelope, () => null)).toBe("E_APPROVAL_SIGNATURE");
  });

  it("under the name of a key that did not sign it", () => {
    const other = generateKeyPairSync("ed25519").publicKey;

    expect(codeOf(envelope, () => other)).toBe("E_APPROVAL_SIGNATURE");
  });
});
