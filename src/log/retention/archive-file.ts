/**
 * Archives of bodies: JSON Lines, `{format}` and then `{seq, body, text}`. A file is named after the first record it
 * holds and its own digest. So writing it again after a crash gives the same file, and its digest is enough to find
 * it.
 */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { bodyDomain } from "../../core/log/chain.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import { parseJson } from "../../core/value/json.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type Parser, parseWith } from "../../core/value/shape.ts";
import { documentOf, objectOf } from "../../core/value/shape-object.ts";
import { anyText, digestText, wholeNumber } from "../../core/value/shape-stored.ts";
import { quote } from "../../core/value/text.ts";
import { type Unread, unreadProblem } from "../../intake/bounds.ts";
import { readRegularSlowly } from "../../intake/read-file.ts";
import { makeFolder } from "../make-folder.ts";
import { textDigest } from "../seal.ts";
import { isStorageError, storeProblem } from "../sqlite/store-problem.ts";

/** One body: the number of its record, its digest as the record names it, and its canonical text. */
export interface ArchivedBody {
  readonly seq: number;
  readonly body: Digest;
  readonly text: string;
}

/** The content of a file, with every body checked against its digest. */
export interface Archive {
  readonly digest: Digest;
  readonly bodies: readonly ArchivedBody[];
}

const format = "interlock.body-archive/1";

const archiveHeader = documentOf(format, {});
const archivedBody = objectOf<ArchivedBody>({ seq: wholeNumber(), body: digestText(), text: anyText() });

/** Writes an archive and waits until the disk has it, including its name. Only then may a body be removed. */
export function writeArchive(
  folder: string,
  bodies: readonly ArchivedBody[],
): Result<{ readonly path: string; readonly digest: Digest }, Problem> {
  const tooLarge = problem("E_USAGE", "", "the bodies of these runs are too large for one archive", "name fewer runs");
  // What could not be read again must not be taken out.
  if (bodies.reduce((sum, { text }) => sum + text.length, 0) > writtenBytesMax) return fail(tooLarge);
  const text = [{ format }, ...bodies].map((line) => `${JSON.stringify(line)}\n`).join("");
  if (Buffer.byteLength(text) > writtenBytesMax) return fail(tooLarge);
  const digest = archiveDigest(text);
  const path = join(folder, archiveName(bodies[0]?.seq ?? 0, digest));
  const partial = `${path}.partial`;
  try {
    makeFolder(folder);
    rmSync(partial, { force: true });
    writeDurably(partial, text);
    renameSync(partial, path);
    syncFolder(folder);
    syncFolder(dirname(folder));
    return ok({ path, digest });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    if (existsSync(partial)) rmSync(partial);
    return fail(storeProblem(error));
  }
}

/** What one archive may hold. Bodies that are taken out together have 8 MB and what one run holds. */
const writtenBytesMax = 256_000_000;
/** What an earlier release may have written. A longer text is more than Node can hold in one piece. */
const archiveBytesMax = 500_000_000;
/** After this much, others get a turn: the owner of a store may be the one that reads. */
const turnChars = 2_000_000;

/**
 * Reads an archive. The problem names the first body that was changed. A person or a service names the file, so a pipe
 * or a device is refused, and neither reading nor checking keeps others waiting.
 */
export async function readArchive(path: string): Promise<Result<Archive, Problem>> {
  const bytes = await readRegularSlowly(path, { bytesMax: archiveBytesMax });
  if (!bytes.ok) return fail(unreadArchive(path, bytes.error));
  const text = bytes.value.toString("utf8");
  const [header = "", ...lines] = text.split("\n");
  const first = readLine(archiveHeader, header);
  if (!first.ok) return fail(notAnArchive(path, 1, first.error));
  // A text that ends in a line feed has an empty last line.
  if (lines.pop() !== "" || lines.length === 0) return fail(notAnArchive(path, lines.length + 1, "it was cut off"));
  const bodies: ArchivedBody[] = [];
  let charCount = 0;
  for (const [index, line] of lines.entries()) {
    const read = readLine(archivedBody, line);
    if (!read.ok) return fail(notAnArchive(path, index + 2, read.error));
    const { seq, body, text: bodyText } = read.value;
    if (textDigest(bodyDomain, bodyText) !== body)
      return fail(problem("E_ARCHIVE", `/records/${seq}`, `the archive's body of record ${seq} was changed`));
    bodies.push(read.value);
    charCount += line.length;
    if (charCount < turnChars) continue;
    charCount = 0;
    await nextTurn();
  }
  return ok({ digest: archiveDigest(text), bodies });
}

function unreadArchive(path: string, unread: Unread): Problem {
  if (unread.kind === "system" && unread.fault.code === "ENOENT")
    return problem("E_INPUT_MISSING", "", `there is no archive at ${quote(path)}`);
  if (unread.kind === "too_large") return problem("E_ARCHIVE", "", `${quote(path)} is too large for an archive`);
  return unread.kind === "not_regular"
    ? problem("E_ARCHIVE", "", `${quote(path)} is no archive: it is not a regular file`)
    : unreadProblem(path, unread);
}

/**
 * The path of the archive with this digest in a folder, or `null`. Its content may still have been changed, which
 * `readArchive` reports.
 */
export function findArchive(folder: string, digest: Digest): string | null {
  try {
    const name = readdirSync(folder).find((candidate) => candidate.endsWith(`-${shortDigest(digest)}.jsonl`));
    return name === undefined ? null : join(folder, name);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return null;
  }
}

function archiveName(fromSeq: number, digest: Digest): string {
  return `bodies-${String(fromSeq).padStart(10, "0")}-${shortDigest(digest)}.jsonl`;
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** A line of an archive, or the first thing that is wrong with it. */
function readLine<T>(parser: Parser<T>, line: string): Result<T, string> {
  // A line of an archive contains a text of any size, and nothing that is nested.
  const json = parseJson(line, { bytesMax: Number.MAX_SAFE_INTEGER, depthLevelsMax: 4 });
  const read = json.ok ? parseWith(parser, json.value) : json;
  return read.ok ? read : fail(read.error[0]?.message ?? "it does not parse");
}

function notAnArchive(path: string, line: number, why: string): Problem {
  return problem("E_ARCHIVE", "", `\`${path}\` is no archive of \`${format}\`: line ${line}: ${why}`);
}

function archiveDigest(text: string): Digest {
  return textDigest(format, text);
}
