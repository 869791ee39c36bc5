import type { Problem } from "../../core/value/codes.ts";
import { isJsonObject } from "../../core/value/json-value.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import { parseSiteConfig, type SiteConfig } from "../../packs/site-config.ts";
import type { Workplace } from "./workplace.ts";

/** What is in force here. Secrets are references and never shown resolved. */
export interface Settings {
  /** The site's `interlock.yaml`, or `null` where there is none. */
  readonly config: string | null;
  /** The folder of the store. */
  readonly store: string;
  /** The folder of the public keys that are believed here. */
  readonly identities: string;
  /** What interlock.yaml says, with its defaults filled in; `null` without one. */
  readonly site: SiteConfig | null;
  /** The keys that stand in the file; the values of the others are defaults. */
  readonly written: readonly string[];
}

/** Reads the settings that are in force. */
export async function settings(place: Workplace): Promise<Result<Settings, readonly Problem[]>> {
  const { configPath, storeFolder, identityFolder } = place;
  const where = { config: configPath, store: storeFolder, identities: identityFolder };
  if (configPath === null) return ok({ ...where, site: null, written: [] });
  const file = readYamlFile(configPath);
  if (!file.ok) return file;
  const { value } = file.value;
  const site = parseSiteConfig(value);
  return site.ok ? ok({ ...where, site: site.value, written: isJsonObject(value) ? Object.keys(value) : [] }) : site;
}
