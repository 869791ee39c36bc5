import { createHash, hash } from "node:crypto";
import { bodyDomain, recordDomain, recordText } from "../core/log/chain.ts";
import type { LogRecord, RecordDraft } from "../core/log/record.ts";
import { canonicalText, type PlainData } from "../core/value/canonical.ts";
import type { Digest, DigestDomain } from "../core/value/digest.ts";
import type {
  BodyChange,
  DocumentText,
  Durability,
  JournalBatch,
  LogEnd,
  MarkedBodyChange,
  SealedRecord,
} from "../ports.ts";
import type { AppendBatch, SealableDraft } from "./store.ts";

/** A draft whose body is fixed: its canonical text and the digest of that text. */
export interface PreparedRecord {
  readonly draft: RecordDraft;
  readonly bodyText: string;
  readonly body: Digest;
}

/** A batch whose bytes are fixed, so that a fault in it cannot fail a commit that it shares with others. */
export interface PreparedBatch {
  readonly durability: Durability;
  readonly records: readonly PreparedRecord[];
  readonly documents: readonly DocumentText[];
  /** Bodies that are removed or put back according to the first record of the batch. */
  readonly bodies: readonly BodyChange[];
}

/**
 * Fixes a batch's bytes. Throws `InvariantError` if a body or document is not plain data, which is a defect of the
 * caller.
 */
export function prepareBatch(batch: AppendBatch, bodies: readonly BodyChange[] = []): PreparedBatch {
  return {
    durability: batch.durability,
    bodies,
    records: batch.records.map(prepareRecord),
    documents: batch.documents.map(({ digest, value, text = canonicalText(value) }) => ({ digest, text })),
  };
}

/** Chains batches one after another, as one append to the journal. */
export function sealBatch({
  epoch,
  from,
  durability,
  batches,
}: Pick<JournalBatch, "epoch" | "from" | "durability"> & { readonly batches: readonly PreparedBatch[] }): JournalBatch {
  const records: SealedRecord[] = [];
  const documents: DocumentText[] = [];
  const bodies: MarkedBodyChange[] = [];
  let to: LogEnd = from;
  for (const batch of batches) {
    for (const change of batch.bodies) bodies.push({ ...change, markerSeq: to.length });
    for (const prepared of batch.records) {
      const sealed = chainRecord(prepared, to.length, to.head);
      records.push(sealed);
      to = { length: to.length + 1, head: sealed.digest };
    }
    documents.push(...batch.documents);
  }
  return { epoch, from, to, durability, records, documents, bodies };
}

/** The part of sealing that needs no predecessor. Throws `InvariantError` for a body that is not plain data. */
export function prepareRecord(draft: SealableDraft): PreparedRecord {
  const bodyText = draft.bodyText ?? canonicalText(draft.body);
  return { draft, bodyText, body: textDigest(bodyDomain, bodyText) };
}

/**
 * Adds a prepared record to the chain. Computes the same digests as `core/log/chain.ts`, but with node:crypto, because
 * this runs once for each event.
 */
export function chainRecord({ draft, bodyText, body }: PreparedRecord, seq: number, previous: Digest): SealedRecord {
  const record: LogRecord = { seq, stream: draft.stream, atMs: draft.atMs, kind: draft.kind, body, previous };
  return { record, digest: textDigest(recordDomain, recordText(record)), bodyText };
}

/** Both parts at once. */
export function sealRecord(draft: RecordDraft, seq: number, previous: Digest): SealedRecord {
  return chainRecord(prepareRecord(draft), seq, previous);
}

/** The digest of plain data, as `core/value/digest.ts` defines it, but with node:crypto, which is faster. */
export function dataDigest(domain: DigestDomain, value: PlainData): Digest {
  return textDigest(domain, canonicalText(value));
}

/** `SHA-256(domain ‖ 0x00 ‖ bytes)`, as `digestBytes` of `core/value/digest.ts` defines it. */
export function bytesDigest(domain: DigestDomain, bytes: Uint8Array): Digest {
  // The brand is earned: 32 bytes in lower-case hexadecimal.
  return `sha256:${createHash("sha256").update(`${domain}\0`).update(bytes).digest("hex")}` as Digest;
}

/** `SHA-256(domain ‖ 0x00 ‖ UTF-8 text)`, as `core/value/digest.ts` defines it. */
export function textDigest(domain: DigestDomain, text: string): Digest {
  // The brand is earned: 32 bytes in lower-case hexadecimal.
  return `sha256:${hash("sha256", `${domain}\0${text}`)}` as Digest;
}
