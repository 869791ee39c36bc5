import { hash } from "node:crypto";
import { bodyDomain, recordDomain, recordText } from "../core/log/chain.ts";
import type { LogRecord, RecordDraft } from "../core/log/record.ts";
import { canonicalText } from "../core/value/canonical.ts";
import type { Digest, DigestDomain } from "../core/value/digest.ts";

/** A draft whose body is fixed: its canonical text and that text's digest. */
export interface PreparedRecord {
  readonly draft: RecordDraft;
  readonly bodyText: string;
  readonly body: Digest;
}

/** A record with its digest and its body's canonical text, ready to be written. */
export interface SealedRecord {
  readonly record: LogRecord;
  readonly digest: Digest;
  readonly bodyText: string;
}

/** The part of sealing that needs no predecessor. Throws `InvariantError` for a body that is not plain data. */
export function prepareRecord(draft: RecordDraft): PreparedRecord {
  const bodyText = canonicalText(draft.body);
  return { draft, bodyText, body: textDigest(bodyDomain, bodyText) };
}

/** Adds a prepared record to the chain. Same digests as `core/log/chain.ts`, by node:crypto, because this runs once per event. */
export function chainRecord({ draft, bodyText, body }: PreparedRecord, seq: number, previous: Digest): SealedRecord {
  const record: LogRecord = { seq, stream: draft.stream, atMs: draft.atMs, kind: draft.kind, body, previous };
  return { record, digest: textDigest(recordDomain, recordText(record)), bodyText };
}

/** Both parts at once. */
export function sealRecord(draft: RecordDraft, seq: number, previous: Digest): SealedRecord {
  return chainRecord(prepareRecord(draft), seq, previous);
}

/** `SHA-256(domain ‖ 0x00 ‖ UTF-8 text)`, as `core/value/digest.ts` defines it. */
export function textDigest(domain: DigestDomain, text: string): Digest {
  // The brand is earned: 32 bytes in lower-case hexadecimal.
  return `sha256:${hash("sha256", `${domain}\0${text}`)}` as Digest;
}
