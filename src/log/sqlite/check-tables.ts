import { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../core/value/codes.ts";
import { checkEpoch } from "./check-end.ts";
import type { OpenDatabase } from "./database.ts";
import { readSnapshot } from "./read.ts";
import { documentCheck, migrate } from "./schema.ts";
import { readProblem } from "./store-problem.ts";

/**
 * Whether everything beside the chain is as it was written: the file's structure with every index, the schema, the
 * epoch, the documents and the snapshot. `null` if it is.
 *
 * Cost: reads the whole file.
 */
export function checkTables(open: OpenDatabase): Problem | null {
  try {
    return (
      checkStructure(open.db, "integrity_check") ??
      checkSchema(open.db) ??
      checkEpoch(open.statements) ??
      checkDocuments(open) ??
      checkSnapshot(open)
    );
  } catch (error) {
    return readProblem(error);
  }
}

/**
 * SQLite's own check of its file: `quick_check` reads every page once, `integrity_check` compares indexes with tables
 * too.
 */
export function checkStructure(db: DatabaseSync, pragma: "quick_check" | "integrity_check"): Problem | null {
  const found = db.prepare(`PRAGMA ${pragma}(1)`).get()?.[pragma];
  return found === "ok"
    ? null
    : problem("E_STORE_CORRUPT", "", `the store's file is damaged: ${String(found).replaceAll("\n", " ")}`);
}

/** Compares the schema with a new one, because a flipped bit in it may still be valid SQL. */
function checkSchema(db: DatabaseSync): Problem | null {
  const fresh = new DatabaseSync(":memory:");
  migrate(fresh);
  const isSame = schemaText(db) === schemaText(fresh);
  fresh.close();
  return isSame
    ? null
    : problem("E_STORE_CORRUPT", "/schema", "the store's tables are not the ones this release makes");
}

function schemaText(db: DatabaseSync): string {
  const tables = db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").all();
  return JSON.stringify([tables, db.prepare("PRAGMA user_version").get(), db.prepare("PRAGMA application_id").get()]);
}

function checkDocuments({ statements }: OpenDatabase): Problem | null {
  for (let after = 0; ; ) {
    const page = statements.documents.all(after, 500);
    for (const row of page) {
      if (documentCheck(String(row["digest"]), String(row["text"])) !== row["check_digest"]) {
        return problem(
          "E_STORE_CORRUPT",
          `/documents/${String(row["digest"])}`,
          `the document \`${String(row["digest"])}\` was changed`,
        );
      }
      after = Number(row["rowid"]);
    }
    if (page.length < 500) return null;
  }
}

function checkSnapshot({ statements }: OpenDatabase): Problem | null {
  if (statements.snapshot.get() === undefined || readSnapshot(statements) !== null) return null;
  return problem(
    "E_STORE_CORRUPT",
    "/snapshot",
    "the snapshot of the site is damaged: it is not used, and the log is folded instead",
  );
}
