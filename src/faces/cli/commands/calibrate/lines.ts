import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Problem, problem } from "../../../../core/value/codes.ts";
import { fail, ok, type Result } from "../../../../core/value/result.ts";
import type { CliContext } from "../../context.ts";

/** The lines of a file of incidents. The file may be far larger than a document; `-` is stdin, which may not. */
export async function readLines(context: CliContext, path: string): Promise<Result<readonly string[], Problem>> {
  if (path === "-") {
    const bytes = await context.readStdin();
    return bytes.ok ? ok(new TextDecoder().decode(bytes.value).split("\n")) : bytes;
  }
  const { readInputLines } = await import("../../../../interlock.ts");
  return readInputLines(resolve(context.cwd, path));
}

/** Writes a file that a person named. Never asks; says why it could not be written. */
export async function writeOutput(context: CliContext, path: string, text: string): Promise<Result<null, Problem>> {
  try {
    await writeFile(resolve(context.cwd, path), text);
    return ok(null);
  } catch (error) {
    return fail(problem("E_INPUT_MISSING", "", `\`${path}\` cannot be written (${codeOf(error)})`));
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}
