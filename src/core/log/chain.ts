/**
 * The chain: each record names the digest of the one before. A log is intact exactly if every record follows from its
 * predecessor and every body has the digest that its record names. Keeps I6. This file is pure; the store seals with
 * node:crypto, and a test compares the two.
 */
import { writeText } from "../value/canonical.ts";
import { type Problem, problem } from "../value/codes.ts";
import { type Digest, type DigestDomain, digestText } from "../value/digest.ts";
import { fail, ok, type Result } from "../value/result.ts";
import type { LogEntry, LogRecord } from "./record.ts";

export const recordDomain: DigestDomain = "interlock.record/1";
export const bodyDomain: DigestDomain = "interlock.body/1";

/** The digest that the first record names as its predecessor: 64 zeros. */
// A digest only in form: no bytes are known to hash to it.
export const genesisDigest = `sha256:${"0".repeat(64)}` as Digest;

/**
 * The canonical text of a record (RFC 8785). It is written out by hand because every record is hashed. The keys are in
 * canonical order: atMs, body, kind, previous, seq, stream.
 */
export function recordText({ atMs, body, kind, previous, seq, stream }: LogRecord): string {
  const start = `{"atMs":${atMs},"body":"${body}","kind":${writeText(kind)}`;
  return `${start},"previous":"${previous}","seq":${seq},"stream":${writeText(stream)}}`;
}

/** How far a verification has come: how many records hold, and the digest and time of the last. */
export interface ChainState {
  readonly length: number;
  readonly head: Digest;
  readonly atMs: number;
}

export const emptyChain: ChainState = { length: 0, head: genesisDigest, atMs: 0 };

/** How entries are verified. */
interface VerifyOptions {
  /**
   * `permitted` if a later record may say who removed the body. Then the reader of the whole log has to look for it.
   */
  readonly missingBody: "refused" | "permitted";
  /** `SHA-256(domain ‖ 0x00 ‖ UTF-8 text)`. A driver with a faster one may bring it. */
  readonly digestText: (domain: DigestDomain, text: string) => Digest;
}

const strict: VerifyOptions = { missingBody: "refused", digestText };

/** The chain after this entry; or a problem that names the record and says what is wrong with it. */
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
