import { realpathSync, statSync } from "node:fs";
import type { Call, FolderPin } from "../../core/plan/plan.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { sortedUnique } from "../../core/value/sorted-unique.ts";
import { systemFaultOf } from "../../core/value/system-error.ts";
import { quote } from "../../core/value/text.ts";
import type { Connections } from "./connections.ts";

/** The folders in which these calls work, by the path that the site writes, sorted. */
export function foldersOf(calls: readonly Call[], connections: Connections): readonly string[] {
  const paths = calls.flatMap((call) => {
    const connection = connections.get(call.connection);
    const operation = connection?.connector.operations.find(({ name }) => name === call.operation);
    return connection === undefined ? [] : (operation?.worksIn?.(connection.settings) ?? []);
  });
  return sortedUnique(paths);
}

/** Where these folders lead now. */
export function pinFolders(paths: readonly string[]): readonly FolderPin[] {
  return paths.map(followFolder);
}

/** Why one of these folders must not be worked in: it leads elsewhere than when the plan was made. */
export function findMovedFolder(paths: readonly string[], pins: readonly FolderPin[]): Problem | null {
  for (const path of paths) {
    const pinned = pins.find((pin) => pin.path === path);
    const now = followFolder(path);
    if (pinned !== undefined && now.leadsTo === pinned.leadsTo && now.file === pinned.file) continue;
    const was = pinned === undefined ? "nothing, since the plan pins none for it" : describe(pinned);
    return problem(
      "E_CONNECTION_CHANGED",
      "/pins/folders",
      `the folder ${quote(path)} leads elsewhere than when the plan was made: expected ${was}, found ${describe(now)}`,
      "look at who replaced it; put the folder back, or plan again",
    );
  }
  return null;
}

function followFolder(path: string): FolderPin {
  try {
    const leadsTo = realpathSync(path);
    const found = statSync(leadsTo, { bigint: true });
    return found.isDirectory() ? { path, leadsTo, file: String(found.ino) } : { path, leadsTo: null, file: null };
  } catch (error) {
    if (systemFaultOf(error) === null) throw error;
    return { path, leadsTo: null, file: null };
  }
}

function describe({ leadsTo, file }: FolderPin): string {
  return leadsTo === null ? "no folder that can be opened" : `${quote(leadsTo)} (file ${file})`;
}
