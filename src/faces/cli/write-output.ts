import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import type { CliContext } from "./context.ts";

/**
 * Writes a file that a person named, and says why it could not be written. It asks nobody and waits for nobody: a pipe
 * without a reader would keep us waiting for ever, so what is opened is looked at before anything is written to it.
 */
export function writeOutput(
  context: Pick<CliContext, "cwd">,
  path: string,
  content: string | Uint8Array,
  mode: "replace" | "append" = "replace",
): Result<null, Problem> {
  let file: number | null = null;
  try {
    const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;
    // Without O_NONBLOCK, opening a pipe waits for its reader. With it, that is the error ENXIO.
    const flags = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | (mode === "append" ? O_APPEND : 0);
    file = openSync(resolve(context.cwd, path), flags, 0o666);
    if (!fstatSync(file).isFile()) return fail(irregular(path));
    if (mode === "replace") ftruncateSync(file, 0);
    writeFileSync(file, content);
    return ok(null);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    if (code === "ENXIO") return fail(irregular(path));
    return fail(problem("E_INPUT_MISSING", "", `${quote(path)} cannot be written (${code})`));
  } finally {
    if (file !== null) closeSync(file);
  }
}

function irregular(path: string): Problem {
  return problem("E_INPUT_MISSING", "", `${quote(path)} is not a regular file, so nothing was written`, "name a file");
}
