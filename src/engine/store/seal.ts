import { createHash } from "node:crypto";
import { bodyDomain, recordDomain, recordText } from "../../core/log/chain.ts";
import type { LogRecord, RecordDraft } from "../../core/log/record.ts";
import { canonicalText } from "../../core/value/canonical.ts";
import type { Digest, DigestDomain } from "../../core/value/digest.ts";

/** A record with its digest and its body's canonical text, ready to be written. */
export interface SealedRecord {
  readonly record: LogRecord;
  readonly digest: Digest;
  readonly bodyText: string;
}

/** Adds a draft to the chain. Same digests as `core/log/chain.ts`, by node:crypto, because this runs once per event. */
export function sealRecord(draft: RecordDraft, seq: number, previous: Digest): SealedRecord {
  const bodyText = canonicalText(draft.body);
  const record: LogRecord = {
    seq, stream: draft.stream, atMs: draft.atMs, kind: draft.kind, body: textDigest(bodyDomain, bodyText), previous,
  };
  return { record, digest: textDigest(recordDomain, recordText(record)), bodyText };
}

/** `SHA-256(domain ‖ 0x00 ‖ UTF-8 text)`, as `core/value/digest.ts` defines it. */
export function textDigest(domain: DigestDomain, text: string): Digest {
  // The brand is earned: 32 bytes in lower-case hexadecimal.
  return `sha256:${createHash("sha256").update(`${domain}\0${text}`).digest("hex")}` as Digest;
}
