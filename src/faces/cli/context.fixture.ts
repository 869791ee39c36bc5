import { ok } from "../../core/value/result.ts";
import { printable } from "../../core/value/screen.ts";
import { type CliContext, colorsOf } from "./context.ts";

/** A context that keeps what was printed, for tests of commands. */
export function recordedContext(
  given: {
    readonly stdin?: string;
    readonly isInteractive?: boolean;
    readonly cwd?: string;
    readonly environment?: NodeJS.ProcessEnv;
    /** Whether stderr is a terminal that can show a line at its bottom. */
    readonly isTerminal?: boolean;
  } = {},
): CliContext & { readonly printed: { out: string; err: string }; readonly shown: readonly (string | null)[] } {
  const printed = { out: "", err: "" };
  const shown: (string | null)[] = [];
  return {
    program: "interlock",
    cwd: given.cwd ?? process.cwd(),
    environment: given.environment ?? {},
    out: (text) => void (printed.out += printable(text)),
    err: (text) => void (printed.err += printable(text)),
    data: (text) => void (printed.out += text),
    status: given.isTerminal === true ? (text) => void shown.push(text === null ? null : printable(text)) : null,
    readStdin: async () => ok(new TextEncoder().encode(given.stdin ?? "")),
    isOutTerminal: false,
    isInteractive: given.isInteractive ?? false,
    colors: colorsOf({ isPlain: true }),
    widthChars: 100,
    printed,
    shown,
  };
}
