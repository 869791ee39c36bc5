import { readFileSync } from "node:fs";

/** The version in package.json, the only place that holds it. */
export function releaseVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  // Our own package.json has a version.
  return (JSON.parse(text) as { readonly version: string }).version;
}
