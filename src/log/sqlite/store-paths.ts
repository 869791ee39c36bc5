import { join } from "node:path";

/** Where a store's files lie below its folder. */
export function storePaths(folder: string): {
  readonly database: string;
  readonly lock: string;
  readonly head: string;
  readonly socket: string;
} {
  return {
    database: join(folder, "log.sqlite"),
    lock: join(folder, "owner.lock"),
    head: join(folder, "log.head"),
    socket: join(folder, "engine.sock"),
  };
}
