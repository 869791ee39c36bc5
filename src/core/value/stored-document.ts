import type { PlainData } from "./canonical.ts";
import { type Digest, type DigestDomain, digest } from "./digest.ts";
import type { JsonValue } from "./json-value.ts";

/** A document as the log stores it: its content, and the digest by which records refer to it. */
export interface StoredDocument {
  readonly digest: Digest;
  readonly value: JsonValue;
}

/**
 * Pairs a document with its digest, ready to be stored.
 *
 * Use it where a value of one of our own types (a plan, a report, an approval) goes into the log. The compiler cannot
 * see that such a type is plain data; computing the digest checks every part of it, so the value needs no cast and can
 * never be stored under the digest of another one. The value is kept as it is, not copied.
 *
 * @throws InvariantError when some part of the value is not plain data, as `digest` does
 *
 * Cost: that of `digest`.
 */
export function storedDocument(domain: DigestDomain, value: PlainData): StoredDocument {
  const valueDigest = digest(domain, value);
  // `digest` walked the whole value and throws on anything that is not JSON.
  return { digest: valueDigest, value: value as JsonValue };
}
