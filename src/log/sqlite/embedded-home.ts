import { existsSync, realpathSync, statSync } from "node:fs";
import type { StoreAddress } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok } from "../../core/value/result.ts";
import type { StoreHome } from "../store-home.ts";
import { mirrorPaths, storePaths } from "./store-paths.ts";

/** The built-in store: one SQLite file in this folder is both journal and index. Opens nothing until it is used. */
export function embeddedHome(folder: string): StoreHome {
  return {
    folder,
    paths: storePaths(folder),
    isMirror: false,
    address: () => addressOf(folder),
    async own() {
      const elsewhere = keptElsewhere(folder);
      return elsewhere === null ? (await import("./open.ts")).openStore(folder) : fail(elsewhere);
    },
    async read() {
      const elsewhere = keptElsewhere(folder);
      return elsewhere === null ? (await import("./reader.ts")).openReader(folder) : fail(elsewhere);
    },
    checkJournal: async () => ok(undefined),
    distrust: () => false,
  };
}

function addressOf(folder: string): StoreAddress | null {
  try {
    const { ino } = statSync(storePaths(folder).database, { bigint: true });
    return { path: realpathSync(folder), file: String(ino) };
  } catch {
    return null;
  }
}

/** A second log for the same site would know nothing of the freezes, locks and grants in the first. */
function keptElsewhere(folder: string): Problem | null {
  if (!existsSync(mirrorPaths(folder).database)) return null;
  return problem("E_STORE_JOURNAL", "", "the log of this site is kept in a journal of another kind");
}
