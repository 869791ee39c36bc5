import { resolve } from "node:path";
import type { Problem } from "../../../../core/value/codes.ts";
import { ok, type Result } from "../../../../core/value/result.ts";
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
