import { tmpdir } from "node:os";
import { resolve } from "node:path";
import type { Problem } from "../../core/value/codes.ts";
import { shortDigest } from "../../core/value/digest.ts";
import type { Result } from "../../core/value/result.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import { type BackupReceipt, backUpStore, drillRestore } from "../../log/sqlite/backup.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { refuseForbidden } from "./refuse-recorded.ts";
import { printDocument, refuse } from "./report.ts";
import { storeFolder } from "./site.ts";

/** `interlock store backup`: a verified copy, taken while the owner works. */
export async function backUp(
  context: CliContext,
  globals: GlobalOptions,
  folder: string,
  options: { readonly json: boolean },
): Promise<number> {
  const target = resolve(context.cwd, folder);
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "archive", command: "store backup", resource: "store" },
    options,
  );
  if (forbidden !== null) return forbidden;
  return tell(context, "backup", await backUpStore(storeFolder(context, globals), target), {
    folder: target,
    ...options,
  });
}

/** `interlock store drill`: the backup itself is only read. */
export async function drill(
  context: CliContext,
  globals: GlobalOptions,
  folder: string,
  options: { readonly json: boolean },
): Promise<number> {
  const backup = resolve(context.cwd, folder);
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "archive", command: "store drill", resource: "store" },
    options,
  );
  if (forbidden !== null) return forbidden;
  return tell(context, "drill", await drillRestore(backup, tmpdir()), { folder: backup, ...options });
}

function tell(
  context: CliContext,
  what: "backup" | "drill",
  receipt: Result<BackupReceipt, Problem>,
  options: { readonly folder: string; readonly json: boolean },
): number {
  if (!receipt.ok) return refuse(context, [receipt.error], options);
  const { length, head } = receipt.value;
  const { folder } = options;
  if (options.json) printDocument(context, { format: `interlock.store-${what}/1`, folder, length, head });
  else
    context.out(
      `${what === "backup" ? "copied and verified" : "took over and verified"} ${length} records, head ${shortDigest(head)}: ${escapeForTerminal(folder)}\n`,
    );
  return 0;
}
