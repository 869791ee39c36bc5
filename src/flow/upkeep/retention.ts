import { dirname, resolve } from "node:path";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import { parseSiteConfig, type RetentionConfig } from "../../packs/site-config.ts";
import { withPlace } from "../../packs/with-place.ts";
import type { Workplace } from "../site/workplace.ts";

/**
 * What interlock.yaml says of retention, the archive's folder as an absolute path; `null` where it says nothing, or
 * where there is
 * no configuration. Only the file is read: a pack that is broken is no reason not to keep the store small.
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

/** Where archives lie: the folder that was named, else the one that interlock.yaml names; an absolute path. */
export function archiveFolder(named: string | null, retention: RetentionConfig | null): string | null {
  return named === null ? (retention?.archive ?? null) : resolve(named);
}
