import { dirname, resolve } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { duration } from "../../core/value/duration.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { parseWith } from "../../core/value/shape.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import { parseSiteConfig, type RetentionConfig } from "../../packs/site-config.ts";
import { withPlace } from "../../packs/with-place.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { configPath } from "./site.ts";

/** What interlock.yaml says of retention, with the archive's folder as a path of its own; `null` where it says nothing. */
export function readRetention(
  context: CliContext,
  globals: GlobalOptions,
): Result<RetentionConfig | null, readonly Problem[]> {
  const path = configPath(context, globals);
  if (path === null) return ok(null);
  const file = readYamlFile(path);
  if (!file.ok) return file;
  const config = parseSiteConfig(file.value.value);
  if (!config.ok) return fail(config.error.map((found) => withPlace(found, file.value.text, "interlock.yaml")));
  const { retention } = config.value;
  return ok(
    retention === null || retention.archive === null
      ? retention
      : { ...retention, archive: resolve(dirname(path), retention.archive) },
  );
}

/** An age as typed, in milliseconds. */
export function parseAge(typed: string): Result<number, Problem> {
  const parsed = parseWith(duration(), typed);
  return parsed.ok ? parsed : fail(problem("E_USAGE", "", "`--older-than` is a duration such as `90d` or `12h`"));
}

/** Where archives lie: as typed, else as interlock.yaml says. */
export function archiveFolder(
  context: CliContext,
  typed: string | null,
  retention: RetentionConfig | null,
): string | null {
  return typed === null ? (retention?.archive ?? null) : resolve(context.cwd, typed);
}
