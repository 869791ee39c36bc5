import { join } from "node:path";
import type { StorePaths } from "../store-home.ts";

/** The files of a store that is its own journal. */
export function storePaths(folder: string): StorePaths {
  return {
    database: join(folder, "log.sqlite"),
    lock: join(folder, "owner.lock"),
    head: join(folder, "log.head"),
    socket: join(folder, "engine.sock"),
    courier: join(folder, "courier.lock"),
  };
}

/** The files of a mirror. */
export function mirrorPaths(folder: string): StorePaths & { readonly distrusted: string } {
  return {
    database: join(folder, "mirror.sqlite"),
    lock: join(folder, "mirror.lock"),
    head: join(folder, "mirror.head"),
    socket: join(folder, "engine.sock"),
    courier: join(folder, "courier.lock"),
    distrusted: join(folder, "mirror.distrusted"),
  };
}
