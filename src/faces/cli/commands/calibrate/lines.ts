import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Problem, problem } from "../../../../core/value/codes.ts";
import { fail, ok, type Result } from "../../../../core/value/result.ts";
import type { CliContext } from "../../context.ts";

/** The most lines that one calibration reads. More would hardly change the counts, but would cost memory. */
const lineCountMax = 5_000_000;
const lineCharsMax = 1_000_000;

/** The lines of a file of incidents. The file may be far larger than a document; `-` is stdin, which may not. */
export async function readLines(context: CliContext, path: string): Promise<Result<readonly string[], Problem>> {
  if (path === "-") return ok(new TextDecoder().decode(await context.readStdin()).split("\n"));
  const lines: string[] = [];
  try {
    for await (const line of createInterface({
      input: createReadStream(resolve(context.cwd, path), { encoding: "utf8" }),
      crlfDelay: Infinity,
    })) {
      if (lines.length >= lineCountMax)
        return fail(problem("E_JSON_SIZE", "", `\`${path}\` has more than ${lineCountMax} lines`));
      // A line that is too long for an incident is kept in part, so that it is reported with its number.
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
