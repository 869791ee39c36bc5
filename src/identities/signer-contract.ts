import assert from "node:assert/strict";
import { verify } from "node:crypto";
import type { Claim } from "../contract.ts";
import { digest } from "../core/value/digest.ts";
import { readSignature } from "../ports/read-signature.ts";
import type { Signer, SigningPurpose } from "../ports.ts";
import { keyIdOf, readPublicKey } from "./dsse.ts";

/** What the contract needs to know of a signer. */
export interface SignerArrangement {
  /** A signer that signs what it is given. */
  readonly signer: Signer;
  /** Its public key, SubjectPublicKeyInfo in PEM, as it is made known to a site. */
  readonly publicKey: string;
  /** The same signer whose person declines; `null` where that cannot be. */
  readonly declining: Signer | null;
}

const purpose: SigningPurpose = { kind: "approval", planHash: digest("interlock.plan/1", {}) };

/** The claims that every signer must keep. */
export function signerContract({ signer, publicKey, declining }: SignerArrangement): readonly Claim[] {
  const key = readPublicKey(publicKey);
  return [
    {
      claim: "it names its person, and its key by the digest that a site knows it by",
      check: async () => {
        assert.match(signer.person, /^[A-Za-z0-9][A-Za-z0-9_.-]*$/);
        assert.equal(signer.keyId, keyIdOf(key));
        assert.equal(typeof signer.attended, "boolean");
      },
    },
    {
      claim: "it signs exactly the bytes that it is given, with its key, and leaves them as they are",
      check: async () => {
        for (const sizeBytes of [0, 1, 64, 100_000]) {
          const bytes = Uint8Array.from({ length: sizeBytes }, (_, index) => index % 251);
          const given = Uint8Array.from(bytes);
          const signature = readSignature(await signer.sign(given, purpose));
          if (!signature.ok) throw new assert.AssertionError({ message: signature.error.message });
          assert.deepEqual(given, bytes);
          assert.ok(verify(null, bytes, key, signature.value), `its signature over ${sizeBytes} bytes holds`);
        }
      },
    },
    {
      claim: "it signs several things at once, each for itself",
      check: async () => {
        const texts = Array.from({ length: 8 }, (_, index) => new TextEncoder().encode(`text ${index}`));
        const signatures = await Promise.all(texts.map((bytes) => signer.sign(bytes, purpose)));
        for (const [index, bytes] of texts.entries()) {
          const signature = readSignature(signatures[index]);
          assert.ok(signature.ok && verify(null, bytes, key, signature.value), `signature ${index} is of its own text`);
        }
      },
    },
    ...(declining === null ? [] : [declineClaim(declining)]),
  ];
}

function declineClaim(declining: Signer): Claim {
  return {
    claim: "a person who declines is a problem with a code, and no exception",
    check: async () => {
      const signature = readSignature(await declining.sign(new Uint8Array(1), purpose));
      assert.ok(!signature.ok && signature.error.code !== "E_SIGNER_FAILED", "it says that the person declined");
    },
  };
}
