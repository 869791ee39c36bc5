import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = fileURLToPath(new URL("../", import.meta.url));

/** Runs the compiler of this repository. Throws what it says against the sources. */
export function runTsc(...options: readonly string[]): void {
  const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, ...options], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`tsc ${options.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}
