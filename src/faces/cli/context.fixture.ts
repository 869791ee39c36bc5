import picocolors from "picocolors";
import type { CliContext } from "./context.ts";

/** A context that keeps what was printed, for tests of commands. */
export function recordedContext(
  given: {
    readonly stdin?: string;
    readonly isInteractive?: boolean;
    readonly cwd?: string;
    readonly environment?: NodeJS.ProcessEnv;
  } = {},
): CliContext & { readonly printed: { out: string; err: string } } {
  const printed = { out: "", err: "" };
  return {
    program: "interlock",
    cwd: given.cwd ?? process.cwd(),
    environment: given.environment ?? {},
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    readStdin: async () => new TextEncoder().encode(given.stdin ?? ""),
    isOutTerminal: false,
    isInteractive: given.isInteractive ?? false,
    colors: picocolors.createColors(false),
    widthChars: 100,
    printed,
  };
}
