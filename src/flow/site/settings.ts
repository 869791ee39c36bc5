import type { Problem } from "../../core/value/codes.ts";
import { isJsonObject } from "../../core/value/json-value.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import { parseSiteConfig, type SiteConfig } from "../../packs/site-config.ts";
import type { Workplace } from "./workplace.ts";

/** The settings in force. Secrets appear as references, never as values. */
export interface Settings {
  /** The site's `interlock.yaml`, or `null` if there is none. */
  readonly config: string | null;
  /** The folder of the store. */
  readonly store: string;
  /** The folder of the public keys that are trusted here. */
  readonly identities: string;
  /** The content of interlock.yaml with its defaults filled in; `null` without one. */
  readonly site: SiteConfig | null;
  /** The keys that the file has. The values of all others are defaults. */
  readonly written: readonly string[];
}

/** Reads the settings in force. */
export async function settings(place: Workplace): Promise<Result<Settings, readonly Problem[]>> {
  const { configPath, store, identityFolder } = place;
  const where = { config: configPath, store: store.folder, identities: identityFolder };
  if (configPath === null) return ok({ ...where, site: null, written: [] });
  const file = readYamlFile(configPath);
  if (!file.ok) return file;
  const { value } = file.value;
  const site = parseSiteConfig(value);
  return site.ok ? ok({ ...where, site: site.value, written: isJsonObject(value) ? Object.keys(value) : [] }) : site;
}
