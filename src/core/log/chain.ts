/**
 * The chain: each record names the digest of the one before, so that a log is intact exactly if every record follows
 * from its predecessor and its body has the digest it names. Keeps I6. Pure; the store seals with node:crypto and a
 * test compares the two.
 */
import { writeText } from "../value/canonical.ts";
import { type Problem, problem } from "../value/codes.ts";
import { type Digest, type DigestDomain, digestText } from "../value/digest.ts";
import { fail, ok, type Result } from "../value/result.ts";
import type { LogEntry, LogRecord } from "./record.ts";

export const recordDomain: DigestDomain = "interlock.record/1";
export const bodyDomain: DigestDomain = "interlock.body/1";

/** What the first record names as its predecessor: 64 zeros. */
// The brand is a formality here: no bytes hash to it.
export const genesisDigest = `sha256:${"0".repeat(64)}` as Digest;

/**
 * The canonical text of a record (RFC 8785) written out by hand, because it is hashed once per event.
 * Keys in canonical order: atMs, body, kind, previous, seq, stream.
 */
export function recordText(record: LogRecord): string {
  return `{"atMs":${record.atMs},"body":"${record.body}","kind":${writeText(record.kind)},"previous":"${record.previous}","seq":${record.seq},"stream":${writeText(record.stream)}}`;
}

/** The digest that the next record names as `previous`. */
export function recordDigest(record: LogRecord): Digest {
  return digestText(recordDomain, recordText(record));
}

/** Where a verification stands: so many records hold, and this is the digest of the last. */
export interface ChainState {
  readonly length: number;
  readonly head: Digest;
  readonly atMs: number;
}

export const emptyChain: ChainState = { length: 0, head: genesisDigest, atMs: 0 };

/** How an entry is held against the chain. */
export interface VerifyOptions {
  /** `permitted` where a later record may say who removed the body; the reader of the whole log looks for it. */
  readonly missingBody: "refused" | "permitted";
  /** `SHA-256(domain ‖ 0x00 ‖ UTF-8 text)`; a driver with a faster one brings it along. */
  readonly digestText: (domain: DigestDomain, text: string) => Digest;
}

const strict: VerifyOptions = { missingBody: "refused", digestText };

/** Whether this entry follows; the problem names the record and what does not hold of it. */
export function verifyEntry(
  chain: ChainState,
  entry: LogEntry,
  options: VerifyOptions = strict,
): Result<ChainState, Problem> {
  const { record, bodyText } = entry;
  const at = `/records/${chain.length}`;
  if (record.seq !== chain.length)
    return fail(broken(at, `record ${chain.length} is missing: the next one is numbered ${record.seq}`));
  if (record.previous !== chain.head)
    return fail(broken(at, `record ${record.seq} does not follow from the one before it`));
  if (record.atMs < chain.atMs) return fail(broken(at, `record ${record.seq} is older than the one before it`));
  if (bodyText === null && options.missingBody === "refused")
    return fail(broken(at, `the body of record ${record.seq} (${record.kind}) is missing`));
  if (bodyText !== null && options.digestText(bodyDomain, bodyText) !== record.body) {
    return fail(broken(at, `the body of record ${record.seq} (${record.kind}) was changed`));
  }
  if (options.digestText(recordDomain, recordText(record)) !== entry.digest)
    return fail(broken(at, `record ${record.seq} (${record.kind}) was changed`));
  return ok({ length: chain.length + 1, head: entry.digest, atMs: record.atMs });
}

function broken(pointer: string, message: string): Problem {
  return problem("E_LOG_CHAIN", pointer, message);
}
