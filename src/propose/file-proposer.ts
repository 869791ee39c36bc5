import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { type Problem, problem } from "../core/value/codes.ts";
import { limits } from "../core/value/limits.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { Proposer } from "./proposer.ts";

/** Proposes what stands in a file, or on standard input for `-`. Reads it anew for every request. */
export function createFileProposer(path: string, stdin: Readable): Proposer {
  return {
    id: path === "-" ? "stdin" : basename(path),
    kind: "file",
    propose: ({ signal }) => readBounded(path === "-" ? stdin : createReadStream(path), { path, signal }),
  };
}

/** Stops one byte past the limit: a proposal of 50 MB is refused without being held. */
async function readBounded(
  stream: Readable,
  from: { readonly path: string; readonly signal: AbortSignal },
): Promise<Result<Uint8Array, readonly Problem[]>> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of stream) {
      if (from.signal.aborted) break;
      // A stream without an encoding gives bytes.
      const bytes = chunk as Uint8Array;
      chunks.push(bytes);
      sizeBytes += bytes.length;
      if (sizeBytes > limits.bodyBytesMax)
        return fail([problem("E_JSON_SIZE", "", `the proposal is larger than ${limits.bodyBytesMax} bytes`)]);
    }
  } catch {
    return fail([problem("E_INPUT_MISSING", "", `\`${from.path}\` cannot be read`)]);
  } finally {
    stream.destroy();
  }
  return ok(new Uint8Array(Buffer.concat(chunks)));
}
