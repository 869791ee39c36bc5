import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { readHeadFile } from "../head-file.ts";
import type { StoreReader } from "../store.ts";
import type { StorePaths } from "../store-home.ts";
import { checkStructure, checkTables } from "./check-tables.ts";
import { type OpenDatabase, openDatabase } from "./database.ts";
import { sourceOver } from "./sqlite-index.ts";
import { storePaths } from "./store-paths.ts";

/** Opens a store read-only, beside any owner. */
export function openReader(folder: string): Result<StoreReader, Problem> {
  return openReaderAt(storePaths(folder));
}

/** Like `openReader`, for a file of these tables with another name. */
export function openReaderAt(paths: Pick<StorePaths, "database" | "head">): Result<StoreReader, Problem> {
  const opened = openDatabase(paths, { readOnly: true });
  return opened.ok ? ok(createReader(opened.value, paths.head)) : opened;
}

function createReader(open: OpenDatabase, headPath: string): StoreReader {
  const { db, statements } = open;
  return {
    ...sourceOver(statements),
    acknowledged: () => readHeadFile(headPath),
    epoch: () => Number(statements.epoch.get()?.["epoch"]),
    runCount: () => Number(statements.runCount.get()?.["count"]),
    checkTables: () => checkTables(open),
    checkStructure: () => checkStructure(db, "quick_check"),
    atOneMoment: (work) => readAtOnce(open, work),
    close: () => {
      if (db.isOpen) db.close();
    },
  };
}

function readAtOnce<T>({ db }: OpenDatabase, work: () => T): T {
  db.exec("BEGIN");
  try {
    return work();
  } finally {
    if (db.isTransaction) db.exec("ROLLBACK");
  }
}
