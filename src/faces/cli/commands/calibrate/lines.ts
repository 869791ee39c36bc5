import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type Problem, problem } from "../../../../core/value/codes.ts";
import { fail, ok, type Result } from "../../../../core/value/result.ts";
import type { CliContext } from "../../context.ts";

/** Most lines one calibration reads; beyond it counts barely move and memory does. */
const lineCountMax = 5_000_000;
const lineCharsMax = 1_000_000;

/**
 * The lines of a file of incidents, which may be far larger than a document; `-` is stdin, as large as a document may
 * be.
 */
export async function readLines(context: CliContext, path: string): Promise<Result<readonly string[], Problem>> {
  if (path === "-") return ok(new TextDecoder().decode(await context.readStdin()).split("\n"));
  const lines: string[] = [];
  try {
    for await (const line of createInterface({
      input: createReadStream(path, { encoding: "utf8" }),
      crlfDelay: Infinity,
    })) {
      if (lines.length >= lineCountMax)
        return fail(problem("E_JSON_SIZE", "", `\`${path}\` has more than ${lineCountMax} lines`));
      // A line too long to be an incident stays a line, so that it is reported with its number.
      lines.push(line.length > lineCharsMax ? `${line.slice(0, 100)}…` : line);
    }
    return ok(lines);
  } catch (error) {
    return fail(
      problem(
        "E_INPUT_MISSING",
        "",
        `\`${path}\` ${codeOf(error) === "ENOENT" ? "does not exist" : `cannot be read (${codeOf(error)})`}`,
      ),
    );
  }
}

/** Writes a file a person named; never asks, and says why it could not. */
export async function writeOutput(path: string, text: string): Promise<Result<null, Problem>> {
  try {
    await writeFile(path, text);
    return ok(null);
  } catch (error) {
    return fail(problem("E_INPUT_MISSING", "", `\`${path}\` cannot be written (${codeOf(error)})`));
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}
