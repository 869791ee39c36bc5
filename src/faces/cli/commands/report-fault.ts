import type { Command } from "commander";
import { screen } from "../../../core/value/screen.ts";
import type { FaultReport, Interlock } from "../../../interlock.ts";
import type { RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { releaseVersion } from "../version.ts";
import { openOutput } from "../write-output.ts";

interface ReportFaultOptions {
  readonly out: string;
  readonly json?: boolean;
}

/** `interlock report-fault`: what a bug report needs, without what a run was about. */
export function registerReportFault(program: Command, run: RunCommand): void {
  program
    .command("report-fault")
    .argument("[run]", "a run's id, the beginning of one, or `last`; left out, the report is about no run")
    .description("write a file for a bug report: versions, codes, a run's plan and records, with every text replaced")
    .option("--out <file>", "where to write it; an existing file is kept", "interlock-fault.json")
    .option("--json", "print the report instead of writing a file")
    .action((wanted: string | undefined, options: ReportFaultOptions) =>
      run((context, globals) =>
        withInterlock(context, globals, { json: options.json === true }, async (interlock) => {
          const reported = await interlock.reportFault({
            run: wanted ?? null,
            release: releaseVersion(),
            nodeVersion: process.versions.node,
            platform: `${process.platform} ${process.arch}`,
          });
          if (!reported.ok) return refuse(context, reported.error, { json: options.json === true });
          if (options.json !== true) return keep(context, interlock, reported.value, options.out);
          printDocument(context, reported.value);
          return 0;
        }),
      ),
    );
}

async function keep(context: CliContext, interlock: Interlock, report: FaultReport, out: string): Promise<number> {
  const output = await openOutput(context, interlock, out, { mode: "create", permissions: 0o600 });
  const written = output.ok ? output.value.write(`${JSON.stringify(report, null, 1)}\n`) : output;
  if (!written.ok) return refuse(context, [written.error], { json: false });
  const what = report.run === null ? "no run" : `a run of ${report.run.records.length} records`;
  context.out(screen`wrote ${out}: versions, codes and ${what}\n`);
  context.err(screen`every text and value in it is replaced; read it before you send it\n`);
  return 0;
}
