import { tmpdir } from "node:os";
import { resolve } from "node:path";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type BackupReceipt, backUpStore, drillRestore } from "../../log/sqlite/backup.ts";
import { refuseForbidden } from "../site/record.ts";
import type { Workplace } from "../site/workplace.ts";

/** A verified copy of a store: where it is, how long its log is, and the head of the log. */
export interface Backup extends BackupReceipt {
  readonly folder: string;
}

/** Copies the store into an empty folder while its owner works, and verifies the copy. */
export async function backUp(
  place: Workplace,
  request: { readonly folder: string },
): Promise<Result<Backup, readonly Problem[]>> {
  const asked = { capability: "archive", asked: "store backup", resource: "store" } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const folder = resolve(request.folder);
  if (place.store.isMirror) {
    const caughtUp = await place.store.read();
    if (!caughtUp.ok) return fail([caughtUp.error]);
    caughtUp.value.close();
  }
  return receiptOf(folder, await backUpStore(place.store.paths, folder));
}

/**
 * Proves that a backup can take over: opens a copy of it as an owner would, and verifies all of it. The backup itself
 * is only read.
 */
export async function drill(
  place: Workplace,
  request: { readonly folder: string },
): Promise<Result<Backup, readonly Problem[]>> {
  const asked = { capability: "archive", asked: "store drill", resource: "store" } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const folder = resolve(request.folder);
  return receiptOf(folder, await drillRestore(folder, tmpdir()));
}

function receiptOf(folder: string, receipt: Result<BackupReceipt, Problem>): Result<Backup, readonly Problem[]> {
  return receipt.ok ? ok({ folder, ...receipt.value }) : fail([receipt.error]);
}
