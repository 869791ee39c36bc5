/**
 * Verifies an exported Interlock log with nothing but this file and Node: it shares no code with the program that wrote the
 * log, so that a defect there cannot hide itself here.
 *
 * The format (one JSON document a line): a header `{format, length, head}`, then records `{seq, stream, atMs, kind, body,
 * previous, digest, text}`. `text` is the body as it was hashed.
 *
 *   body   = SHA-256("interlock.body/1"   0x00 text)
 *   digest = SHA-256("interlock.record/1" 0x00 {"atMs":…,"body":…,"kind":…,"previous":…,"seq":…,"stream":…})
 *
 * written `sha256:` and lower-case hexadecimal, keys in this order without spaces. Each record's `previous` is the digest of
 * the one before; the first names 64 zeros.
 *
 * `text` is null for a body that was removed. That is sound only if a later record of stream `store` and kind `body_removed`
 * says so: its body holds `ranges`, a list of `{fromSeq, count}`.
 */
import { createHash } from "node:crypto";

/** What was found: how far the log holds, and the first thing that does not. */
export interface Verification {
  readonly ok: boolean;
  readonly length: number;
  readonly head: string;
  readonly problem: string | null;
}

interface Line {
  readonly seq: number;
  readonly stream: string;
  readonly atMs: number;
  readonly kind: string;
  readonly body: string;
  readonly previous: string;
  readonly digest: string;
  readonly text: string | null;
}

/** A head known from elsewhere (a witness), against which an export is held. */
export interface Witness {
  readonly length: number;
  readonly head: string;
}

const genesis = `sha256:${"0".repeat(64)}`;

/** Verifies the lines of an export, header included. */
export function verifyExport(lines: Iterable<string>, witness: Witness | null = null): Verification {
  let header: { readonly length: number; readonly head: string } | null = null;
  let length = 0;
  let head = genesis;
  let atMs = 0;
  const missing = new Set<number>();
  let isWitnessed = witness === null || witness.length === 0;
  const broken = (problem: string): Verification => ({ ok: false, length, head, problem });
  for (const text of lines) {
    const value = parseObject(text);
    if (value === null) return broken(`line ${length + (header === null ? 1 : 2)} is not one JSON object`);
    if (header === null) {
      header = readHeader(value);
      if (header === null) return broken("the first line is no header of `interlock.log/1`");
      continue;
    }
    const line = readLine(value);
    if (line === null) return broken(`record ${length} lacks a field or has one too many`);
    const problem = checkLine(line, { length, head, atMs });
    if (problem !== null) return broken(problem);
    if (line.text === null) missing.add(line.seq);
    else if (line.stream === "store" && line.kind === "body_removed") accountFor(missing, line.text);
    length += 1;
    head = line.digest;
    atMs = line.atMs;
    if (witness !== null && length === witness.length) {
      if (head !== witness.head) return broken(`record ${length - 1} is not the one the witness saw`);
      isWitnessed = true;
    }
  }
  if (header === null) return broken("the export is empty");
  const [unaccounted] = missing;
  if (unaccounted !== undefined) return broken(`the body of record ${unaccounted} is missing, and no record says who removed it`);
  if (length !== header.length || head !== header.head) return broken(`the header promises ${header.length} records, ${length} hold`);
  return isWitnessed ? { ok: true, length, head, problem: null } : broken(`the witness saw ${witness?.length ?? 0} records, the log holds ${length}`);
}

function checkLine(line: Line, chain: { readonly length: number; readonly head: string; readonly atMs: number }): string | null {
  if (line.seq !== chain.length) return `record ${chain.length} is missing: the next one is numbered ${line.seq}`;
  if (line.previous !== chain.head) return `record ${line.seq} does not follow from the one before it`;
  if (line.atMs < chain.atMs) return `record ${line.seq} is older than the one before it`;
  if (line.text !== null && hash("interlock.body/1", line.text) !== line.body) return `the body of record ${line.seq} (${line.kind}) was changed`;
  const text = `{"atMs":${line.atMs},"body":"${line.body}","kind":${JSON.stringify(line.kind)},"previous":"${line.previous}","seq":${line.seq},"stream":${JSON.stringify(line.stream)}}`;
  return hash("interlock.record/1", text) === line.digest ? null : `record ${line.seq} (${line.kind}) was changed`;
}

/** Takes off what a `body_removed` record names. */
function accountFor(missing: Set<number>, text: string): void {
  const ranges: unknown = parseObject(text)?.["ranges"];
  if (!Array.isArray(ranges)) return;
  for (const range of ranges) {
    const { fromSeq, count } = Object(range) as { readonly fromSeq?: unknown; readonly count?: unknown };
    if (typeof fromSeq !== "number" || typeof count !== "number") continue;
    for (const seq of missing) if (seq >= fromSeq && seq < fromSeq + count) missing.delete(seq);
  }
}

function hash(domain: string, text: string): string {
  return `sha256:${createHash("sha256").update(domain).update(Buffer.of(0)).update(text, "utf8").digest("hex")}`;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function readHeader(value: Record<string, unknown>): { readonly length: number; readonly head: string } | null {
  const { format, length, head } = value;
  return format === "interlock.log/1" && typeof length === "number" && typeof head === "string" ? { length, head } : null;
}

function readLine(value: Record<string, unknown>): Line | null {
  const { seq, stream, atMs, kind, body, previous, digest, text, ...rest } = value;
  if (Object.keys(rest).length > 0 || typeof seq !== "number" || typeof atMs !== "number" || !Number.isSafeInteger(atMs)) return null;
  if (typeof stream !== "string" || typeof kind !== "string" || typeof body !== "string") return null;
  if (typeof previous !== "string" || typeof digest !== "string" || (typeof text !== "string" && text !== null)) return null;
  return { seq, stream, atMs, kind, body, previous, digest, text };
}
