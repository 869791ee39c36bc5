import { closeSync, openSync } from "node:fs";
import { ReadStream, WriteStream } from "node:tty";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";

/**
 * Reads a passphrase from the controlling terminal, without echo. It never comes from a flag, a variable, a file or
 * standard input: another program of the user could supply it from there, and the approval would no longer be a
 * person's act.
 */
export async function askPassphrase(prompt: string): Promise<Result<string, Problem>> {
  let descriptor: number;
  try {
    descriptor = openSync("/dev/tty", "r+");
  } catch {
    return fail(problem("E_TERMINAL_MISSING", "", "a passphrase is typed at a terminal, and this process has none"));
  }
  const output = new WriteStream(openSync("/dev/tty", "w"));
  const input = new ReadStream(descriptor);
  try {
    // Raw mode first, prompt second: otherwise what is typed as soon as the prompt appears is echoed.
    input.setRawMode(true);
    output.write(prompt);
    return await readHidden(input, output);
  } finally {
    input.setRawMode(false);
    input.destroy();
    output.write("\n");
    output.destroy();
    try {
      closeSync(descriptor);
    } catch {
      // The stream has closed it already.
    }
  }
}

function readHidden(input: ReadStream, output: WriteStream): Promise<Result<string, Problem>> {
  input.setEncoding("utf8");
  return new Promise((resolve) => {
    let text = "";
    input.on("data", (chunk: string) => {
      for (const character of chunk) {
        if (character === "\r" || character === "\n") return resolve(ok(text));
        if (character === "\u0003" || character === "\u0004")
          return resolve(fail(problem("E_INTERRUPTED", "", "interrupted")));
        text = character === "\u007f" || character === "\b" ? text.slice(0, -1) : text + character;
      }
    });
    input.on("error", () => resolve(fail(problem("E_TERMINAL_MISSING", "", "the terminal went away"))));
    output.on("error", () => undefined);
  });
}
