import { basename } from "node:path";
import type { Readable } from "node:stream";
import { problem } from "../core/value/codes.ts";
import { fail } from "../core/value/result.ts";
import { readInputFile, readInputStream } from "../intake/read-input.ts";
import type { Proposer } from "./proposer.ts";

/** Proposes the content of a file, or of standard input for `-`. Reads it again for every request. */
export function createFileProposer(path: string, stdin: Readable): Proposer {
  return {
    id: path === "-" ? "stdin" : basename(path),
    kind: "file",
    propose: async ({ signal }) => {
      // Aborting also ends a wait for standard input.
      const read = await (path === "-" ? readInputStream(stdin, path, signal) : readInputFile(path, signal));
      if (read.ok) return read;
      return fail([
        read.error.code === "E_INTERRUPTED"
          ? problem("E_PROPOSER_FAILED", "", `reading \`${path}\` was interrupted`)
          : read.error,
      ]);
    },
  };
}
