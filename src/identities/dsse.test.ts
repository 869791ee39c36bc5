import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keyIdOf, openEnvelope, signStatement } from "./dsse.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const key = { keyId: keyIdOf(publicKey), privateKey };
const known = (keyId: string): typeof publicKey | null => (keyId === key.keyId ? publicKey : null);
const statement = { b: "zwölf", a: [1, true, null] };

/** The pre-authentication encoding as its specification words it, written apart from the code it checks. */
function encodingOf(type: string, body: Buffer): Buffer {
  const head = ["DSSEv1", String(Buffer.byteLength(type)), type, String(body.length), ""].join(" ");
  return Buffer.concat([Buffer.from(head, "utf8"), body]);
}

describe("a signed envelope", () => {
  it("carries the canonical bytes of its statement", () => {
    const { payload, payloadType } = signStatement(statement, key);

    expect(Buffer.from(payload, "base64").toString("utf8")).toBe('{"a":[1,true,null],"b":"zwölf"}');
    expect(payloadType).toBe("application/vnd.in-toto+json");
  });

  it("is verified by whoever follows the specification, with Ed25519 over the encoding it words", () => {
    const envelope = signStatement(statement, key);
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

  it("opens to the statement and the key that signed it", () => {
    expect(openEnvelope(signStatement(statement, key), known)).toEqual({
      ok: true,
      value: { statement, keyId: key.keyId },
    });
  });
});

describe("an envelope is refused", () => {
  const envelope = signStatement(statement, key);
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
