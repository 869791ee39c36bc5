import type { Readable } from "node:stream";
import { fail, ok, type Result } from "../core/value/result.ts";
import { type Bounds, type Unread, unreadFor } from "./bounds.ts";

/**
 * Reads a stream to its end, and at most `bytesMax` of it. The first chunk beyond that ends the reading, so nothing
 * that is larger is ever held. A sender that breaks off is an answer too, and no exception.
 *
 * The stream is left open: its owner may still answer over it, and destroys it.
 */
export async function readStream(stream: Readable, { bytesMax, signal }: Bounds): Promise<Result<Uint8Array, Unread>> {
  // What happens to the stream after this has no listener, and must not end the process.
  stream.on("error", () => undefined);
  const interrupt = (): void => void stream.destroy();
  if (signal?.aborted === true) interrupt();
  signal?.addEventListener("abort", interrupt, { once: true });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      const bytes = toBytes(chunk);
      sizeBytes += bytes.length;
      if (sizeBytes > bytesMax) return fail({ kind: "too_large", bytesMax });
      chunks.push(bytes);
    }
    return signal?.aborted === true ? fail({ kind: "interrupted" }) : ok(Buffer.concat(chunks));
  } catch (error) {
    return fail(signal?.aborted === true || isBrokenOff(error) ? { kind: "interrupted" } : unreadFor(error));
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}

function toBytes(chunk: unknown): Buffer {
  // A stream of ours gives bytes, or texts where it has an encoding.
  return Buffer.from(typeof chunk === "string" ? chunk : (chunk as Uint8Array));
}

/** Whether the other side went away: by a reset, or by closing in the middle. */
function isBrokenOff(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ECONNRESET" || error.code === "ERR_STREAM_PREMATURE_CLOSE" || error.code === "ABORT_ERR")
  );
}
