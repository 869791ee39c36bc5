import { codes } from "../../core/value/codes.ts";

/*
 * A reader such as `head` goes away when it has seen enough. A command that only prints then ends. A command that has a
 * run to look after goes on in silence, and its exit code is still the run's.
 */

/** Ends this process once nobody reads its output any more. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    if (stream.listenerCount("error") === 0) stream.on("error", leave);
}

/** From here on, readers may come and go without any effect. */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.off("error", leave);
    if (!stream.listeners("error").includes(stay)) stream.on("error", stay);
  }
}

function leave(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  tellLost(this, error);
  process.exit(1);
}

function stay(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  // Nothing is lost: the log holds what a run does.
  if (error.code !== "EPIPE") tellLost(this, error);
}

const told = new Set<NodeJS.WriteStream>();

/** Says once that output is lost, such as on a full disk, in the place that is left. */
function tellLost(stream: NodeJS.WriteStream, error: Error): void {
  if (stream === process.stderr || told.has(stream)) return;
  told.add(stream);
  process.stderr.write(
    `E_OUTPUT_LOST the output cannot be written: ${error.message}\n  → ${codes.E_OUTPUT_LOST.hint}\n`,
  );
}
