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

function leave(error: NodeJS.ErrnoException): void {
  process.exit(error.code === "EPIPE" ? 0 : 1);
}

function stay(): void {
  // Nothing is lost: the log holds what a run does.
}
