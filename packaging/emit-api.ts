import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryDeclarations } from "./entry.ts";
import { describePublicApi, listPublicDeclarations, type PublicDeclaration } from "./public-api.ts";
import { root, runTsc } from "./run-tsc.ts";

/** The public types that somebody has accepted. */
export const acceptedApi = join(root, "test/golden/api/public-types.txt");

/** What the emitted declarations say about the package. */
export interface PublicApi {
  /** The public types as a text, for comparison. */
  readonly text: string;
  readonly declarations: readonly PublicDeclaration[];
}

/** The public types of the sources as they are now. Emits declarations into a folder of its own; takes about 3 s. */
export function emitPublicApi(): PublicApi {
  const folder = mkdtempSync(join(tmpdir(), "interlock-api-"));
  try {
    runTsc("-p", "packaging/tsconfig.json", "--emitDeclarationOnly", "--outDir", folder);
    return {
      text: describePublicApi(folder, entryDeclarations),
      declarations: listPublicDeclarations(folder, entryDeclarations),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
