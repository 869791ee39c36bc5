/*
 * A reader that has seen enough (`| head`) goes away. A command that only tells something ends with him; one that has
 * a run to
 * look after goes on in silence, and its exit code stays the run's.
 */

/** Ends this process when nobody reads what it prints any more. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    if (stream.listenerCount("error") === 0) stream.on("error", leave);
}

/** From here on, readers come and go without any effect. */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.off("error", leave);
    if (!stream.listeners("error").includes(stay)) stream.on("error", stay);
  }
}

function leave(error: NodeJS.ErrnoException): void {
  process.exit(error.code === "EPIPE" ? 0 : 1);
}

function stay(): void {
  // What a run does stands in the log.
}
