import { closeSync, constants, existsSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";

/** The address for `bind` and `connect` that stands for a socket's path. */
export interface SocketAddress {
  readonly address: string;
  close(): void;
}

/** The shortest `sun_path` of all systems (macOS), without its final NUL. Linux has 107. */
const addressBytesMax = 103;

/**
 * An address by which the system finds a socket, however long its path is. libuv cuts a long path off without an error:
 * the socket would be created in another folder, and two stores would answer for each other. On Linux, the address of a
 * long path goes through the open folder.
 */
export function socketAddress(path: string): Result<SocketAddress, Problem> {
  if (Buffer.byteLength(path) <= addressBytesMax) return ok({ address: path, close: () => undefined });
  // Nobody listens in a folder that does not exist. The path itself must not be tried, because it would be cut off.
  if (!existsSync(dirname(path))) return ok({ address: "/nonexistent/engine.sock", close: () => undefined });
  if (!existsSync("/proc/self/fd"))
    return fail(
      problem(
        "E_STORE_IO",
        "",
        `the path of the store's socket is longer than ${addressBytesMax} bytes`,
        "keep the store in a folder with a shorter path",
      ),
    );
  const descriptor = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  return ok({ address: `/proc/self/fd/${descriptor}/${basename(path)}`, close: () => closeSync(descriptor) });
}
