import { codes } from "../../core/value/codes.ts";

/*
 * A reader such as `head` goes away when it has seen enough. That ends no command and changes no exit code: what was
 * found stands, whether or not somebody reads on. A command that would print without an end leaves with its reader.
 *
 * Output that cannot be written, such as on a full disk, is lost without anybody having said so. A command that only
 * prints ends then. One that has a run to look after goes on. Neither of them exits with 0.
 */

/** From here on, nobody has to read on, and output that is lost ends the command. */
export function endWithoutOutput(): void {
  codeWithoutReader = null;
  for (const stream of [process.stdout, process.stderr])
    if (stream.listenerCount("error") === 0) stream.on("error", leave);
}

/** From here on, output that is lost changes nothing but the exit code of a command that went well. */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.off("error", leave);
    if (!stream.listeners("error").includes(stay)) stream.on("error", stay);
  }
}

/** From here on, the command ends with this exit code once nobody reads its output any more. */
export function leaveWithReader(exitCode: number): void {
  codeWithoutReader = exitCode;
}

let codeWithoutReader: number | null = null;

function leave(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") {
    tellLost(this, error);
    process.exit(codes.E_OUTPUT_LOST.exitCode);
  }
  if (this === process.stdout && codeWithoutReader !== null) process.exit(codeWithoutReader);
}

function stay(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") tellLost(this, error);
}

const told = new Set<NodeJS.WriteStream>();

/**
 * Says once that output is lost, in the place that is left, and keeps this process from ending with 0. The exit code is
 * known only at the end: a failure may be told after it was set.
 */
function tellLost(stream: NodeJS.WriteStream, error: Error): void {
  if (told.size === 0)
    process.on("exit", (exitCode) => {
      if (exitCode === 0) process.exitCode = codes.E_OUTPUT_LOST.exitCode;
    });
  if (stream === process.stderr || told.has(stream)) return void told.add(stream);
  told.add(stream);
  process.stderr.write(
    `E_OUTPUT_LOST the output cannot be written: ${error.message}\n  → ${codes.E_OUTPUT_LOST.hint}\n`,
  );
}
