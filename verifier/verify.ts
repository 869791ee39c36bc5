/**
 * Verifies an exported Interlock log with nothing but this file and Node: it shares no code with the program that wrote
 * the log, so that a defect there cannot hide itself here.
 *
 * The format (one JSON document a line): a header `{format, length, head}`, perhaps with `storeId`, then records `{seq,
 * stream, atMs, kind, body, previous, digest, text}`. `text` is the body as it was hashed.
 *
 *   body   = SHA-256("interlock.body/1"   0x00 text)
 *   digest = SHA-256("interlock.record/1" 0x00 {"atMs":…,"body":…,"kind":…,"previous":…,"seq":…,"stream":…})
 *
 * written `sha256:` and lower-case hexadecimal, keys in this order without spaces. Each record's `previous` is the
 * digest of the one before; the first names 64 zeros.
 *
 * A line has these fields and no others, each once, and no blanks between them: it is what ECMAScript's own JSON writer
 * makes of its fields. Otherwise a line could show one thing to this verifier and another to a program that takes the
 * first of two equal keys, or to a person who searches it.
 *
 * `text` is null for a body that was removed. That is sound only if a later record of stream `store` and kind
 * `body_removed` says so: its body holds `ranges`, a list of `{fromSeq, count}`, and `archive`, the digest of the file
 * that holds them, or null.
 *
 * A record of stream `store` and kind `store_created` says which store the log is of: its body holds `storeId`. There
 * is at most one, and a header that names a store names that one.
 *
 * An archive is one JSON document a line: `{format}`, then `{seq, body, text}`; its digest is
 *
 *   archive = SHA-256("interlock.body-archive/1" 0x00 the file's text)
 */
import { createHash } from "node:crypto";

/** The result: how far the log holds, and the first thing that does not. */
export interface Verification {
  readonly ok: boolean;
  readonly length: number;
  readonly head: string;
  /** Bodies that are not in the export, and how many of them the given archives hold. */
  readonly removedCount: number;
  readonly archivedCount: number;
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

/** What an export says about itself. */
interface Header {
  readonly length: number;
  readonly head: string;
  readonly storeId: string | null;
}

/** A head known from elsewhere (a witness), against which an export is checked. */
export interface Witness {
  readonly length: number;
  readonly head: string;
}

/** The content of one archive: its own digest, and bodies by the number of their record. */
export interface Archive {
  readonly digest: string;
  readonly texts: ReadonlyMap<number, string>;
}

/** What is known of the bodies that are not in the export. */
interface Removed {
  /** Bodies whose removal no record has explained yet. */
  readonly missing: Set<number>;
  /** Digests of the archives that records name. */
  readonly archives: Set<string>;
  count: number;
  archivedCount: number;
}

const genesis = `sha256:${"0".repeat(64)}`;

/**
 * Reads an archive's text; `null` if it is not an archive. Whether its bodies belong to the log is checked where the
 * log names them.
 */
export function readArchive(text: string): Archive | null {
  const [header, ...lines] = text.split("\n");
  if (parseObject(header ?? "")?.["format"] !== "interlock.body-archive/1" || lines.pop() !== "") return null;
  const texts = new Map<number, string>();
  for (const line of lines) {
    const value = parseObject(line);
    const { seq, text: body } = value ?? {};
    if (JSON.stringify(value) !== line || typeof seq !== "number" || typeof body !== "string") return null;
    texts.set(seq, body);
  }
  return { digest: hash("interlock.body-archive/1", text), texts };
}

/**
 * Verifies the lines of an export, beginning with the header. Archived bodies are verified if their archive is given.
 */
export function verifyExport(
  lines: Iterable<string>,
  witness: Witness | null = null,
  archives: readonly Archive[] = [],
): Verification {
  let header: Header | null = null;
  let length = 0;
  let head = genesis;
  let atMs = 0;
  const removed: Removed = { missing: new Set(), archives: new Set(), count: 0, archivedCount: 0 };
  let storeId: string | null = null;
  let isWitnessed = witness === null || witness.length === 0;
  const broken = (problem: string): Verification => ({ ok: false, length, head, ...countsOf(removed), problem });
  for (const text of lines) {
    const value = parseObject(text);
    const place = `line ${length + (header === null ? 1 : 2)}`;
    if (value === null) return broken(`${place} is not one JSON object`);
    if (JSON.stringify(value) !== text)
      return broken(`${place} is not written as its fields are: a key stands twice, or something is put between them`);
    if (header === null) {
      header = readHeader(value);
      if (header === null) return broken("the first line is no header of `interlock.log/1`");
      continue;
    }
    const line = readLine(value);
    if (line === null) return broken(`record ${length} lacks a field or has one too many`);
    const problem = checkLine(line, { length, head, atMs }) ?? takeBody(removed, line, archives);
    if (problem !== null) return broken(problem);
    const named = storeIdOf(line);
    if (named !== null && storeId !== null) return broken(`record ${line.seq} gives the store a second id`);
    storeId ??= named;
    length += 1;
    head = line.digest;
    atMs = line.atMs;
    if (witness !== null && length === witness.length) {
      if (head !== witness.head) return broken(`record ${length - 1} is not the one the witness saw`);
      isWitnessed = true;
    }
  }
  if (header === null) return broken("the export is empty");
  const [unaccounted] = removed.missing;
  if (unaccounted !== undefined)
    return broken(`the body of record ${unaccounted} is missing, and no record says who removed it`);
  if (length !== header.length || head !== header.head)
    return broken(`the header promises ${header.length} records, ${length} hold`);
  if (header.storeId !== null && header.storeId !== storeId)
    return broken("the header names another store than the log does");
  const stranger = archives.findIndex(({ digest }) => !removed.archives.has(digest));
  if (stranger >= 0)
    return broken(`archive ${stranger + 1} is not one that this log names: it was changed, or is another log's`);
  return isWitnessed
    ? { ok: true, length, head, ...countsOf(removed), problem: null }
    : broken(`the witness saw ${witness?.length ?? 0} records, the log holds ${length}`);
}

function checkLine(
  line: Line,
  chain: { readonly length: number; readonly head: string; readonly atMs: number },
): string | null {
  if (line.seq !== chain.length) return `record ${chain.length} is missing: the next one is numbered ${line.seq}`;
  if (line.previous !== chain.head) return `record ${line.seq} does not follow from the one before it`;
  if (line.atMs < chain.atMs) return `record ${line.seq} is older than the one before it`;
  if (line.text !== null && hash("interlock.body/1", line.text) !== line.body)
    return `the body of record ${line.seq} (${line.kind}) was changed`;
  const [kind, stream] = [line.kind, line.stream].map((value) => JSON.stringify(value));
  const start = `{"atMs":${line.atMs},"body":"${line.body}","kind":${kind}`;
  const text = `${start},"previous":"${line.previous}","seq":${line.seq},"stream":${stream}}`;
  return hash("interlock.record/1", text) === line.digest ? null : `record ${line.seq} (${line.kind}) was changed`;
}

function countsOf({ count, archivedCount }: Removed): Pick<Verification, "removedCount" | "archivedCount"> {
  return { removedCount: count, archivedCount };
}

/** Notes a body that is not there and checks it against its archive. Reads what a record says about earlier bodies. */
function takeBody(removed: Removed, line: Line, archives: readonly Archive[]): string | null {
  if (line.text === null) {
    removed.missing.add(line.seq);
    removed.count += 1;
    const holding = archives.find(({ texts }) => texts.has(line.seq));
    if (holding === undefined) return null;
    if (hash("interlock.body/1", holding.texts.get(line.seq) ?? "") !== line.body)
      return `the archive's body of record ${line.seq} (${line.kind}) is not the one that was recorded`;
    removed.archivedCount += 1;
    return null;
  }
  if (line.stream === "store" && line.kind === "body_removed") accountFor(removed, line.text);
  return null;
}

/** Takes off the list what a `body_removed` record names. */
function accountFor({ missing, archives }: Removed, text: string): void {
  const { ranges, archive } = parseObject(text) ?? {};
  if (typeof archive === "string") archives.add(archive);
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
    // What `JSON.parse` made of an object is a record of its keys.
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function readHeader(value: Record<string, unknown>): Header | null {
  const { format, length, head, storeId = null, ...rest } = value;
  if (
    Object.keys(rest).length > 0 ||
    format !== "interlock.log/1" ||
    typeof length !== "number" ||
    typeof head !== "string"
  )
    return null;
  return storeId === null || typeof storeId === "string" ? { length, head, storeId } : null;
}

/** The store's id, if this is the record that gives it. */
function storeIdOf({ stream, kind, text }: Line): string | null {
  if (stream !== "store" || kind !== "store_created" || text === null) return null;
  const { storeId } = parseObject(text) ?? {};
  return typeof storeId === "string" && storeId !== "" ? storeId : null;
}

function readLine(value: Record<string, unknown>): Line | null {
  const { seq, stream, atMs, kind, body, previous, digest, text, ...rest } = value;
  if (
    Object.keys(rest).length > 0 ||
    typeof seq !== "number" ||
    typeof atMs !== "number" ||
    !Number.isSafeInteger(atMs)
  )
    return null;
  if (typeof stream !== "string" || typeof kind !== "string" || typeof body !== "string") return null;
  if (typeof previous !== "string" || typeof digest !== "string" || (typeof text !== "string" && text !== null))
    return null;
  return { seq, stream, atMs, kind, body, previous, digest, text };
}
