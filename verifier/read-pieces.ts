import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const pieceBytes = 65_536;
const pipePauseMs = 10;

/**
 * The bytes of a file, or of a pipe such as `<(zcat …)`, a piece at a time. It is opened without waiting, because
 * opening a pipe otherwise waits for somebody who writes into it. Ten seconds without a
 * writer are an error.
 */
export async function* readPieces(path: string, { writerPatienceMs = 10_000 } = {}): AsyncGenerator<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = await handle.stat();
    if (!found.isFile() && !found.isFIFO()) throw new Error("it is neither a file nor a pipe");
    let hasBegun = false;
    for (let waitedMs = 0; ; ) {
      const bytes = await nextBytes(handle);
      hasBegun ||= bytes !== null && bytes.length > 0;
      // A pipe into which nobody has written yet looks as if it had ended.
      if (bytes === null || (bytes.length === 0 && found.isFIFO() && !hasBegun)) {
        if (bytes !== null && waitedMs >= writerPatienceMs) throw new Error("it is a pipe, and nobody writes into it");
        await pause(pipePauseMs);
        waitedMs += pipePauseMs;
      } else if (bytes.length === 0) return;
      else yield bytes;
    }
  } finally {
    await handle.close();
  }
}

/** The next bytes, none at the end, or `null` where a pipe has none yet. */
async function nextBytes(handle: FileHandle): Promise<Buffer | null> {
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, null);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return null;
    throw error;
  }
}
