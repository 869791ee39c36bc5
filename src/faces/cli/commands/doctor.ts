import type { Command } from "commander";
import { codes } from "../../../core/value/codes.ts";
import { screen, sentence } from "../../../core/value/screen.ts";
import type { Finding } from "../../../interlock.ts";
import type { RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { adviceOf, adviceText, printDocument, refuse } from "../report.ts";

/** `interlock doctor`: what is ready here, what is not, and what to do about it. */
export function registerDoctor(program: Command, run: RunCommand): void {
  program
    .command("doctor")
    .description("check this place: Node, configuration, pack, trust, connections, keys, store and log")
    .option("--json", "one JSON document")
    .action(({ json = false }: { json?: boolean }) =>
      run((context, globals) =>
        withInterlock(context, globals, { json }, async (interlock) => {
          const examined = await interlock.examine({ nodeVersion: process.versions.node });
          return examined.ok ? tell(context, examined.value, { json }) : refuse(context, examined.error, { json });
        }),
      ),
    );
}

/** The exit code of the first bad finding, as for problems; 1 if the finding has no code. */
function exitCodeOfFindings(findings: readonly Finding[]): number {
  const worst = findings.find(({ state }) => state === "bad");
  if (worst === undefined) return 0;
  return worst.code === null ? 1 : codes[worst.code].exitCode;
}

function tell(context: CliContext, found: readonly Finding[], options: { readonly json: boolean }): number {
  const isWell = found.every(({ state }) => state !== "bad");
  if (options.json) {
    const findings = found.map(({ what, state, message, hint, next, code }) => {
      return { what, state, message, hint: adviceOf(context, { hint, next }), code };
    });
    printDocument(context, { format: "interlock.doctor/1", ok: isWell, findings });
  } else {
    const { green, red, yellow } = context.colors;
    for (const { what, state, message, ...advice } of found) {
      // Blanks of ours stand in a template: in a value they would be shown as an escape.
      const mark =
        state === "good" ? screen`${green("✔ ok")}  ` : state === "bad" ? screen`${red("✖ bad")} ` : yellow("○ note");
      const todo = state === "good" ? "" : screen`\n       → ${adviceText(context, advice)}`;
      context.out(screen`${mark} ${what}: ${sentence(message)}${todo}\n`);
    }
  }
  return exitCodeOfFindings(found);
}
