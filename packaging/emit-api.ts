import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryDeclarations } from "./entry.ts";
import { describePublicApi } from "./public-api.ts";
import { root, runTsc } from "./run-tsc.ts";

/** Where the public types are kept that somebody has looked at. */
export const acceptedApi = join(root, "test/golden/api/public-types.txt");

/** The public types as the sources have them now. Emits declarations into a folder of its own; takes about 3 s. */
export function emitPublicApi(): string {
  const folder = mkdtempSync(join(tmpdir(), "interlock-api-"));
  try {
    runTsc("-p", "packaging/tsconfig.json", "--emitDeclarationOnly", "--outDir", folder);
    return describePublicApi(folder, entryDeclarations);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
