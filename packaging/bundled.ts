/**
 * Libraries that nearly every command loads: the build puts them into `dist/cli/`, with their licences. The others stay
 * outside, and are loaded where a command needs them. All of them are dependencies of the package, because the library
 * loads them as they are installed.
 */
export const bundledLibraries: readonly string[] = ["@noble/hashes", "commander", "picocolors", "yaml"];

/** The file in `dist/cli/` with the licences of these libraries. */
export const licencesFile = "LICENCES.txt";

/** Whether an import stays one, because the bundle leads to a library that is installed, or to Node's own. */
export function isExternal(specifier: string): boolean {
  if (/^[./]/.test(specifier)) return false;
  return !bundledLibraries.some((library) => specifier === library || specifier.startsWith(`${library}/`));
}
