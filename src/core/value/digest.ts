import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalText, type PlainData } from "./canonical.ts";
import { invariant } from "./invariant.ts";
import { fail, ok, type Result } from "./result.ts";
import { encodeUtf8 } from "./utf8.ts";

/** A SHA-256, written as `sha256:` and 64 lower-case hexadecimal digits. Only the functions of this file make one. */
export type Digest = string & { readonly [digestBrand]: true };
declare const digestBrand: unique symbol;

/** The tag that separates one kind of hash from all others: a format and its version, such as `interlock.plan/1`. */
export type DigestDomain = `interlock.${string}/${number}`;

/**
 * The digest of a value as a document of one format.
 *
 * Byte layout: `SHA-256( UTF-8(domain) ‖ 0x00 ‖ RFC 8785 canonical UTF-8 bytes of the value )`. The tag holds no NUL,
 * so the layout is injective, and the hash of a plan can never pass for that of an approval. Test vectors are in
 * `test/golden/digest-vectors.json`.
 */
export function digest(domain: DigestDomain, value: PlainData): Digest {
  return digestText(domain, canonicalText(value));
}

/** The digest of a text: `SHA-256( UTF-8(domain) ‖ 0x00 ‖ UTF-8(text) )`, the same as `digestBytes` of its UTF-8. */
export function digestText(domain: DigestDomain, text: string): Digest {
  checkDomain(domain);
  // Makes no hasher of its own: most digests are of short texts, and setting one up cost as much as hashing them.
  blankHasher._cloneInto(hasher);
  hasher.update(encodeUtf8(`${domain}\0${text}`)).digestInto(hashed);
  return namedHash(hashed);
}

/** The digest of bytes that are not JSON, such as a file or a raw output: `SHA-256( UTF-8(domain) ‖ 0x00 ‖ bytes )`. */
export function digestBytes(domain: DigestDomain, bytes: Uint8Array): Digest {
  checkDomain(domain);
  return namedHash(sha256.create().update(encodeUtf8(domain)).update(Uint8Array.of(0)).update(bytes).digest());
}

/** Shared by all calls of `digestText`, which is synchronous and leaves nothing in them that a later call reads. */
const blankHasher = sha256.create();
const hasher = sha256.create();
const hashed = new Uint8Array(hasher.outputLen);

function checkDomain(domain: DigestDomain): void {
  if (checkedDomains.has(domain)) return;
  invariant(/^interlock\.[a-z][a-z0-9.-]*\/[1-9][0-9]*$/.test(domain), "a digest's tag names a format and a version");
  checkedDomains.add(domain);
}

/** The tags checked so far. Tags are our own constants, one for each format, so the set stays small. */
const checkedDomains = new Set<DigestDomain>();

/**
 * `sha256:` and the bytes in hexadecimal, as one flat string. Built with `+=` it would be a rope of 32 pieces that
 * takes 900 bytes instead of 90 while the digest lives, and a run keeps one for each step (`bench/kernel.ts`).
 */
function namedHash(hash: Uint8Array): Digest {
  let at = prefix.length;
  for (const byte of hash) {
    units[at] = hexDigits.charCodeAt(byte >>> 4);
    units[at + 1] = hexDigits.charCodeAt(byte & 15);
    at += 2;
  }
  // The brand is earned here: 32 bytes in lower-case hexadecimal.
  return String.fromCharCode(...units) as Digest;
}

const prefix = "sha256:";
const hexDigits = "0123456789abcdef";
/** The characters of the digest being written. Every call writes all of them but the prefix. */
const units = Array.from(prefix.padEnd(prefix.length + 64), (unit) => unit.charCodeAt(0));

/**
 * Reads a digest that is written in full. Upper case and other algorithms are refused, so that a hash has one spelling.
 */
export function parseDigest(text: string): Result<Digest, string> {
  if (!/^sha256:[0-9a-f]{64}$/.test(text)) return fail("a digest is `sha256:` and 64 lower-case hexadecimal digits");
  // The brand is earned by the line above.
  return ok(text as Digest);
}

/** The first 12 hexadecimal digits. They are enough for people to tell plans apart, and never enough to approve one. */
export function shortDigest(digest: string): string {
  return digest.slice("sha256:".length, "sha256:".length + 12);
}
