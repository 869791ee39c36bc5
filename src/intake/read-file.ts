import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fail, ok, type Result } from "../core/value/result.ts";
import { systemFaultOf } from "../core/value/system-error.ts";
import { type Bounds, type Unread, unreadFor } from "./bounds.ts";

/*
 * The one place that reads files (test/import-directions.test.ts). A name that a person or a stranger gives may lead to
 * anything: a pipe that nobody writes into, a device that never ends, a file that grows while it is read. So every file
 * is opened without waiting, looked at once it is open, and read up to a bound that does not depend on the size it
 * claims.
 */

/** Whether a path may lead through a link at its end. */
export interface LinkRule {
  /** Default: `followed`. */
  readonly links?: "followed" | "refused";
}

const chunkBytes = 65_536;
/** How often a pipe is asked again, and how long one is that nobody has written into. */
const pipePauseMs = 10;
const writerPatienceMs = 10_000;

function flagsOf({ links = "followed" }: LinkRule): number {
  // Without O_NONBLOCK, opening a named pipe waits for its writer, and nothing can interrupt that.
  const base = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  return links === "refused" ? base | constants.O_NOFOLLOW : base;
}

/**
 * The bytes of a regular file, read while everything else waits: for small files, where what is read decides what
 * happens next. Pipes, devices and folders are refused before anything is read.
 */
export function readRegular(path: string, bounds: { readonly bytesMax: number } & LinkRule): Result<Buffer, Unread> {
  return withDescriptor(path, bounds, (descriptor) => readDescriptor(descriptor, bounds));
}

/** What a regular file is, beside its bytes. */
export interface RegularFile {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly uid: number;
}

/** As `readRegular`, with the mode and the owner of exactly the file that was read. */
export function readRegularWithMode(
  path: string,
  bounds: { readonly bytesMax: number } & LinkRule,
): Result<RegularFile, Unread> {
  return withDescriptor(path, bounds, (descriptor) => {
    const { mode, uid } = fstatSync(descriptor);
    const bytes = readDescriptor(descriptor, bounds);
    return bytes.ok ? ok({ bytes: bytes.value, mode, uid }) : bytes;
  });
}

function withDescriptor<T>(
  path: string,
  rule: LinkRule,
  read: (descriptor: number) => Result<T, Unread>,
): Result<T, Unread> {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, flagsOf(rule));
    return read(descriptor);
  } catch (error) {
    return fail(unreadFor(error));
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

function readDescriptor(descriptor: number, { bytesMax }: { readonly bytesMax: number }): Result<Buffer, Unread> {
  const found = fstatSync(descriptor);
  if (!found.isFile()) return fail(notRegular(found.isDirectory()));
  if (found.size > bytesMax) return fail({ kind: "too_large", bytesMax });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // The file may grow meanwhile, and files of /proc say that they are empty.
  for (;;) {
    const chunk = Buffer.allocUnsafe(sizeBytes === 0 ? Math.min(found.size, bytesMax) + 1 : chunkBytes);
    const length = readSync(descriptor, chunk, 0, chunk.length, null);
    if (length === 0) return ok(chunks.length === 1 ? (chunks[0] ?? chunk) : Buffer.concat(chunks));
    sizeBytes += length;
    if (sizeBytes > bytesMax) return fail({ kind: "too_large", bytesMax });
    chunks.push(chunk.subarray(0, length));
  }
}

/**
 * The bytes of anything that a person names: a file, a device, or a pipe such as `<(curl …)`. Nothing is blocked while
 * a pipe has nothing to give.
 */
export async function readAnything(path: string, bounds: Bounds & LinkRule): Promise<Result<Buffer, Unread>> {
  const chunks: Buffer[] = [];
  const read = await eachChunk(path, bounds, (chunk) => void chunks.push(chunk));
  return read.ok ? ok(Buffer.concat(chunks)) : read;
}

/** The bytes of an open regular file, read without blocking anything else. The caller closes it. */
export async function readHandle(handle: FileHandle, bounds: Bounds): Promise<Result<Buffer, Unread>> {
  const found = await handle.stat();
  if (!found.isFile()) return fail(notRegular(found.isDirectory()));
  if (found.size > bounds.bytesMax) return fail({ kind: "too_large", bytesMax: bounds.bytesMax });
  const chunks: Buffer[] = [];
  const read = await readChunks(handle, { ...bounds, isPipe: false }, (chunk) => void chunks.push(chunk));
  return read.ok ? ok(Buffer.concat(chunks)) : read;
}

/** As `readAnything`, for a regular file alone: for paths that others name over a socket. */
export async function readRegularSlowly(path: string, bounds: Bounds & LinkRule): Promise<Result<Buffer, Unread>> {
  return withHandle(path, bounds, (handle) => readHandle(handle, bounds));
}

/**
 * The lines of anything that a person names. Of a line that is longer than `lineBytesMax` only the beginning is kept,
 * so that it can be reported with its number.
 */
export async function readLines(
  path: string,
  { lineBytesMax, ...bounds }: Bounds & { readonly lineBytesMax: number },
): Promise<Result<readonly string[], Unread>> {
  const lines: string[] = [];
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const add = (bytes: Buffer): void => {
    if (begunBytes < lineBytesMax) begun.push(Buffer.from(bytes.subarray(0, lineBytesMax - begunBytes)));
    begunBytes += bytes.length;
  };
  const end = (): void => {
    const line = Buffer.concat(begun).toString("utf8");
    lines.push(begunBytes > lineBytesMax ? `${line.slice(0, 100)}…` : line.replace(/\r$/, ""));
    begun = [];
    begunBytes = 0;
  };
  const read = await eachChunk(path, bounds, (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, from)) {
      add(chunk.subarray(from, at));
      end();
      from = at + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  });
  if (!read.ok) return read;
  if (begunBytes > 0) end();
  return ok(lines);
}

async function eachChunk(
  path: string,
  bounds: Bounds & LinkRule,
  take: (chunk: Buffer) => void,
): Promise<Result<undefined, Unread>> {
  return withHandle(path, bounds, async (handle) => {
    const found = await handle.stat();
    if (found.isDirectory()) return fail(notRegular(true));
    if (found.isFile() && found.size > bounds.bytesMax) return fail({ kind: "too_large", bytesMax: bounds.bytesMax });
    return readChunks(handle, { ...bounds, isPipe: found.isFIFO() }, take);
  });
}

async function withHandle<T>(
  path: string,
  rule: LinkRule,
  read: (handle: FileHandle) => Promise<Result<T, Unread>>,
): Promise<Result<T, Unread>> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, flagsOf(rule));
    return await read(handle);
  } catch (error) {
    return fail(unreadFor(error));
  } finally {
    await handle?.close();
  }
}

async function readChunks(
  handle: FileHandle,
  { bytesMax, signal, isPipe }: Bounds & { readonly isPipe: boolean },
  take: (chunk: Buffer) => void,
): Promise<Result<undefined, Unread>> {
  let sizeBytes = 0;
  let waitedMs = 0;
  while (signal?.aborted !== true) {
    const chunk = await nextChunk(handle);
    // A pipe without a writer is at its end, and so is one into which nobody has written yet.
    const isUnwritten = isPipe && chunk !== null && chunk.length === 0 && sizeBytes === 0;
    if (isUnwritten && waitedMs >= writerPatienceMs) return fail({ kind: "no_writer" });
    if (chunk === null || isUnwritten) {
      await pause(pipePauseMs);
      waitedMs += pipePauseMs;
      continue;
    }
    if (chunk.length === 0) return ok(undefined);
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) return fail({ kind: "too_large", bytesMax });
    take(chunk);
  }
  return fail({ kind: "interrupted" });
}

/** The next bytes, none at the end, or `null` if there are none yet. */
async function nextChunk(handle: FileHandle): Promise<Buffer | null> {
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, null);
    return chunk.subarray(0, bytesRead);
  } catch (error) {
    if (systemFaultOf(error)?.code === "EAGAIN") return null;
    throw error;
  }
}

function notRegular(isFolder: boolean): Unread {
  return isFolder
    ? { kind: "system", fault: { code: "EISDIR", syscall: "read", path: null } }
    : { kind: "not_regular" };
}
