import { createHash } from "node:crypto";
import { accessSync, closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { type Digest, parseDigest } from "../core/value/digest.ts";
import { invariant } from "../core/value/invariant.ts";
import { fail, ok, type Result } from "../core/value/result.ts";

/** A program is read a piece at a time, so that a large one costs no memory. */
const pieceBytes = 1_048_576;

/** No program is longer than this. */
const programBytesMax = 2_000_000_000;

/** Digests by what the system says of a file. Every change of a file changes its `ctime`, and nobody can set that. */
const known = new Map<string, Digest>();

/**
 * The SHA-256 of a program's file, as `sha256sum` prints it, or why it has none. Pipes, devices and folders are refused
 * before anything is read.
 *
 * Cost: reads the file once, and again only after it has changed.
 */
export function digestOfProgram(path: string): Result<Digest, string> {
  return withFile(path, (file) => {
    const seen = fstatSync(file, { bigint: true });
    if (!seen.isFile()) return fail("is no file");
    if (seen.size > programBytesMax) return fail("is too large to be a program");
    const key = [path, seen.dev, seen.ino, seen.size, seen.mtimeNs, seen.ctimeNs].join(" ");
    const digest = known.get(key) ?? hash(file);
    known.set(key, digest);
    return ok(digest);
  });
}

/** Whether a path names a regular file. Nothing is opened. */
export function isRegularFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

/** Whether a word names a file that something may run: an absolute path to a file that is executable or a script. */
export function isRunnable(word: string): boolean {
  if (!word.startsWith("/")) return false;
  const found = withFile(word, (file) => ok(fstatSync(file).isFile() && (isExecutable(word) || isScript(file))));
  return found.ok && found.value;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isScript(file: number): boolean {
  const start = Buffer.alloc(2);
  return readSync(file, start, 0, 2, 0) === 2 && start.toString("latin1") === "#!";
}

function hash(file: number): Digest {
  const hashing = createHash("sha256");
  const piece = Buffer.alloc(pieceBytes);
  for (let left = programBytesMax; left > 0; ) {
    const count = readSync(file, piece, 0, pieceBytes, null);
    if (count === 0) break;
    hashing.update(piece.subarray(0, count));
    left -= count;
  }
  const digest = parseDigest(`sha256:${hashing.digest("hex")}`);
  invariant(digest.ok, "a SHA-256 is a digest");
  return digest.value;
}

function withFile<T>(path: string, use: (file: number) => Result<T, string>): Result<T, string> {
  let file: number | null = null;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for its writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    return use(file);
  } catch (error) {
    return fail(`cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "no code"})`);
  } finally {
    if (file !== null) closeSync(file);
  }
}
