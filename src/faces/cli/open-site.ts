import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import type { Principal } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, type Result } from "../../core/value/result.ts";
import type { Site } from "../../flow/site/site.ts";
import { noRecords, type SiteRecords } from "../../flow/site/site-records.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { configPath, storeFolder } from "./site.ts";

/** Opens the site that a command works on, or says what is missing. */
export async function openCliSite(
  context: CliContext,
  globals: GlobalOptions,
): Promise<Result<Site, readonly Problem[]>> {
  const path = configPath(context, globals);
  if (path === null || !existsSync(path)) {
    const message = path === null ? "there is no `interlock.yaml` here or above" : `\`${path}\` does not exist`;
    return fail([problem("E_INPUT_MISSING", "", message, "begin with `interlock init`, or name one with `--config`")]);
  }
  const { openSite } = await import("../../flow/site/site.ts");
  return openSite(resolve(path));
}

/**
 * Who types: the user of the operating system, unless `INTERLOCK_ACTOR` says who acts: a name, or `agent:NAME`, `service:NAME`.
 * It is a claim, which only ever takes rights away: what a person's word is worth is shown by a key (`interlock approve`).
 */
export function currentPrincipal(context: CliContext): Principal {
  const named = context.environment["INTERLOCK_ACTOR"] ?? "";
  const [, kind = "person", id = ""] =
    /^(?:(person|agent|service):)?([A-Za-z0-9][A-Za-z0-9_.-]{0,127})$/.exec(named) ?? [];
  if (id === "") return { kind: "person", id: userInfo().username, keyId: null };
  return { kind: kind === "agent" || kind === "service" ? kind : "person", id, keyId: null };
}

/** What the store's log knows of the site; empty where there is no store yet. */
export async function readCliRecords(
  context: CliContext,
  globals: GlobalOptions,
): Promise<Result<SiteRecords, readonly Problem[]>> {
  const { openReader } = await import("../../log/sqlite/reader.ts");
  const { readSiteRecords } = await import("../../flow/site/site-records.ts");
  const { isStorageError, readProblem } = await import("../../log/sqlite/store-problem.ts");
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok)
    return reader.error.code === "E_INPUT_MISSING" ? { ok: true, value: noRecords } : fail([reader.error]);
  try {
    return { ok: true, value: readSiteRecords(reader.value) };
  } catch (error) {
    if (isStorageError(error)) return fail([readProblem(error)]);
    throw error;
  } finally {
    reader.value.close();
  }
}
