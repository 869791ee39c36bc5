import { resolve } from "node:path";
import picocolors from "picocolors";
import type { Problem } from "../../core/value/codes.ts";
import { quoteForShell } from "../../core/value/quote-for-shell.ts";
import type { Result } from "../../core/value/result.ts";
import { painted, printable, type ScreenText, wrapRows } from "../../core/value/screen.ts";
import { programName } from "./program-name.ts";
import { bottomLine } from "./progress/bottom-line.ts";

/** Everything that a command uses of its process. Tests pass another one. */
export interface CliContext {
  /** How the user starts the program, with its global options: the beginning of every command in a hint. */
  readonly program: string;
  /** The command that was typed, where its name was; absent outside of any. */
  readonly command?: readonly string[];
  /** The working folder; empty if it was removed. */
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  /** What was asked for goes here, as a person reads it. */
  readonly out: (text: ScreenText) => void;
  /** Progress and diagnostics go here. */
  readonly err: (text: ScreenText) => void;
  /** What was asked for goes here, as a program reads it: a document (`printDocument`), a drawing, a script. */
  readonly data: (text: string) => void;
  /**
   * Shows a line at the bottom of the terminal in place of the one before; `null` takes it away. `null` itself where
   * stderr is no terminal.
   */
  readonly status: ((text: ScreenText | null) => void) | null;
  readonly readStdin: () => Promise<Result<Uint8Array, Problem>>;
  readonly isOutTerminal: boolean;
  /** Whether a question may be asked: stdin and stderr are terminals and nobody said `--no-input`. */
  readonly isInteractive: boolean;
  readonly colors: Colors;
  readonly widthChars: number;
}

/** The colours and styles that this program uses. */
export type Colors = Readonly<
  Record<"bold" | "dim" | "red" | "green" | "yellow", (text: ScreenText | string) => ScreenText>
>;

/** Colours as escapes, or none. */
export function colorsOf({ isPlain }: { readonly isPlain: boolean }): Colors {
  const { bold, dim, red, green, yellow } = picocolors.createColors(!isPlain);
  return {
    bold: (text) => painted(bold, text),
    dim: (text) => painted(dim, text),
    red: (text) => painted(red, text),
    green: (text) => painted(green, text),
    yellow: (text) => painted(yellow, text),
  };
}

/** The context of the real process, once the global options are known. */
export function processContext(options: {
  readonly color: "always" | "never" | "auto";
  readonly input: boolean;
  readonly store?: string;
  readonly config?: string;
}): CliContext {
  const { env } = process;
  const script = process.argv[1] ?? "interlock";
  const start = { script, environment: env, node: process.execPath, isClone: import.meta.url.endsWith(".ts") };
  const { store, config } = options;
  const isPlain =
    options.color === "never" ||
    (options.color === "auto" && (env["NO_COLOR"] !== undefined || env["TERM"] === "dumb" || !process.stderr.isTTY));
  const bottom = bottomLine(process.stderr, env["TERM"] === "dumb");
  return {
    program: [programName(start), ...option("--store", store), ...option("--config", config)].join(" "),
    cwd: workingFolder(),
    environment: env,
    out: (text) => bottom.aside(() => writeTo(process.stdout, text)),
    err: (text) => bottom.aside(() => writeTo(process.stderr, text)),
    data: (text) => bottom.aside(() => void process.stdout.write(text)),
    status: bottom.show,
    readStdin,
    isOutTerminal: process.stdout.isTTY === true,
    isInteractive:
      options.input && !env["INTERLOCK_NO_INPUT"] && process.stdin.isTTY === true && process.stderr.isTTY === true,
    colors: colorsOf({ isPlain }),
    widthChars: process.stderr.columns ?? 100,
  };
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "";
  }
}

/** A terminal gets rows that fit, so that it breaks none itself. Elsewhere a row is what a script reads as a line. */
function writeTo(stream: NodeJS.WriteStream, text: ScreenText): void {
  stream.write(stream.isTTY ? wrapRows(printable(text), stream.columns) : printable(text));
}

function option(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [name, quoteForShell(value)];
}

/**
 * The bytes of a file, or of standard input for `-`. Input that is larger than a document may be is refused, not cut
 * off.
 */
export async function readInput(context: CliContext, path: string): Promise<Result<Uint8Array, Problem>> {
  if (path === "-") return context.readStdin();
  const { readInputFile } = await import("../../interlock.ts");
  return readInputFile(resolve(context.cwd, path));
}

async function readStdin(): Promise<Result<Uint8Array, Problem>> {
  const { readInputStream } = await import("../../interlock.ts");
  return readInputStream(process.stdin, "-");
}
