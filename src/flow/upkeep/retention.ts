import { dirname, resolve } from "node:path";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import { parseSiteConfig, type RetentionConfig } from "../../packs/site-config.ts";
import { withPlace } from "../../packs/with-place.ts";
import type { Workplace } from "../site/workplace.ts";

/**
 * What interlock.yaml says about retention, with the archive's folder as an absolute path; `null` if it says nothing,
 * or if there is no configuration. Only this file is read: a broken pack must not prevent archiving.
 */
export function readRetention({ configPath }: Workplace): Result<RetentionConfig | null, readonly Problem[]> {
  if (configPath === null) return ok(null);
  const file = readYamlFile(configPath);
  if (!file.ok) return file;
  const config = parseSiteConfig(file.value.value);
  if (!config.ok) return fail(config.error.map((found) => withPlace(found, file.value.text, "interlock.yaml")));
  const { retention } = config.value;
  return ok(
    retention === null || retention.archive === null
      ? retention
      : { ...retention, archive: resolve(dirname(configPath), retention.archive) },
  );
}

/**
 * The folder of the archives as an absolute path: the one that was named, or else the one that interlock.yaml names.
 */
export function archiveFolder(named: string | null, retention: RetentionConfig | null): string | null {
  return named === null ? (retention?.archive ?? null) : resolve(named);
}
