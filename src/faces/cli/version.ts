import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The version in package.json, the only place that holds it. */
export function releaseVersion(): string {
  // The built command stands two folders below it (`dist/cli/`), and this source three.
  const built = new URL("../../package.json", import.meta.url);
  const place = existsSync(built) ? built : new URL("../../../package.json", import.meta.url);
  // Our own package.json has a version.
  return (createRequire(import.meta.url)(fileURLToPath(place)) as { readonly version: string }).version;
}
