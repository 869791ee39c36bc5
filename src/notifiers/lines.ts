import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Writable } from "node:stream";
import { ok } from "../core/value/result.ts";
import type { Notifier } from "../ports.ts";
import { type Delivery, deliver, errorName, notDelivered } from "./deliver.ts";

/** Where lines go: to the end of a file, which is made if it is not there, or to a stream, which stays the caller's. */
export type LinesTarget = { readonly file: string } | { readonly stream: Writable };

const timeoutMs = 10_000;

/**
 * Writes each notification as one JSON document on a line of its own, for a program that follows a file or a pipe.
 * A file is readable by its owner alone and is opened anew for each line, so that it can be moved away.
 */
export function linesNotifier(name: string, target: LinesTarget): Notifier {
  const write = "file" in target ? appendTo(target.file) : writeTo(target.stream);
  return {
    name,
    notify: (notification, signal) =>
      deliver(name, { timeoutMs, signal }, async (): Promise<Delivery> => {
        try {
          await write(`${JSON.stringify(notification)}\n`);
          return ok(undefined);
        } catch (error) {
          return notDelivered(name, `cannot write its line (${errorName(error)})`);
        }
      }),
  };
}

type Write = (line: string) => Promise<void>;

function appendTo(file: string): Write {
  // Non-blocking: a named pipe that nobody reads would hold the call for ever.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
  return async (line) => {
    const handle = await open(file, flags, 0o600);
    try {
      await handle.writeFile(line);
    } finally {
      await handle.close();
    }
  };
}

function writeTo(stream: Writable): Write {
  // A stream that fails emits an error besides telling the writer, and without a listener that would end the process.
  stream.on("error", () => undefined);
  return (line) =>
    new Promise((resolve, reject) => {
      stream.write(line, (error) => (error ? reject(error) : resolve()));
    });
}
