import type { Readable } from "node:stream";
import type { Problem } from "../core/value/codes.ts";
import { limits } from "../core/value/limits.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { unreadProblem } from "./bounds.ts";
import { readAnything, readLines } from "./read-file.ts";
import { readStream } from "./read-stream.ts";

/*
 * What a person gives to read: a file, a device, a pipe, or standard input. All of them have the same limits and the
 * same refusals.
 */

/** A text of many documents, one a line, has a higher limit than one document. */
const linesBytesMax = 256_000_000;

/**
 * The bytes of a document that a person names: a file, or a pipe such as `<(curl …)`. Never reads much more than the
 * limit of a document, and blocks nothing.
 *
 * @param path - absolute
 * @returns `E_JSON_SIZE` for what is larger than `limits.bodyBytesMax`, `E_INPUT_MISSING` for what cannot be read
 */
export async function readInputFile(path: string, signal?: AbortSignal): Promise<Result<Uint8Array, Problem>> {
  const read = await readAnything(path, { bytesMax: limits.bodyBytesMax, ...(signal === undefined ? {} : { signal }) });
  return read.ok ? ok(new Uint8Array(read.value)) : fail(unreadProblem(path, read.error));
}

/**
 * As `readInputFile`, for a stream such as standard input. The stream is destroyed.
 *
 * @param name - what a message calls it
 */
export async function readInputStream(
  stream: Readable,
  name: string,
  signal?: AbortSignal,
): Promise<Result<Uint8Array, Problem>> {
  const read = await readStream(stream, {
    bytesMax: limits.bodyBytesMax,
    ...(signal === undefined ? {} : { signal }),
  });
  stream.destroy();
  return read.ok ? ok(new Uint8Array(read.value)) : fail(unreadProblem(name, read.error));
}

/** The lines of a file or a pipe that a person names, together at most 256 MB. */
export async function readInputLines(path: string): Promise<Result<readonly string[], Problem>> {
  const read = await readLines(path, { bytesMax: linesBytesMax, lineBytesMax: limits.bodyBytesMax });
  if (read.ok) return read;
  const unread = unreadProblem(path, read.error);
  // One document may be far smaller than a file of them, and the code's own hint is about one document.
  return fail(
    read.error.kind === "too_large"
      ? { ...unread, hint: "give it in several files: one may have 256 MB, and each line of it 1 MB" }
      : unread,
  );
}
