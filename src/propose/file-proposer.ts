import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { type Problem, problem } from "../core/value/codes.ts";
import { limits } from "../core/value/limits.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { Proposer } from "./proposer.ts";

/** Proposes the content of a file, or of standard input for `-`. Reads it again for every request. */
export function createFileProposer(path: string, stdin: Readable): Proposer {
  return {
    id: path === "-" ? "stdin" : basename(path),
    kind: "file",
    propose: async ({ signal }) => {
      if (signal.aborted) return interrupted(path);
      return readBounded(path === "-" ? stdin : createReadStream(path), { path, signal });
    },
  };
}

/** Stops reading at the first chunk beyond the limit, so that a proposal of 50 MB is refused without being held. */
async function readBounded(
  stream: Readable,
  from: { readonly path: string; readonly signal: AbortSignal },
): Promise<Result<Uint8Array, readonly Problem[]>> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  // Destroying the stream also ends a wait for standard input.
  const interrupt = (): void => void stream.destroy();
  from.signal.addEventListener("abort", interrupt, { once: true });
  try {
    for await (const chunk of stream) {
      // A stream without an encoding gives bytes.
      const bytes = chunk as Uint8Array;
      chunks.push(bytes);
      sizeBytes += bytes.length;
      if (sizeBytes > limits.bodyBytesMax)
        return fail([problem("E_JSON_SIZE", "", `the proposal is larger than ${limits.bodyBytesMax} bytes`)]);
    }
  } catch {
    if (from.signal.aborted) return interrupted(from.path);
    return fail([problem("E_INPUT_MISSING", "", `\`${from.path}\` cannot be read`)]);
  } finally {
    from.signal.removeEventListener("abort", interrupt);
    stream.destroy();
  }
  return from.signal.aborted ? interrupted(from.path) : ok(new Uint8Array(Buffer.concat(chunks)));
}

function interrupted(path: string): Result<Uint8Array, readonly Problem[]> {
  return fail([problem("E_PROPOSER_FAILED", "", `reading \`${path}\` was interrupted`)]);
}
