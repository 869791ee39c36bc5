import type { Command } from "commander";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock trust`: let plans observe with the pack as it is now, by digest. */
export function registerTrust(program: Command, run: RunCommand): void {
  program
    .command("trust")
    .description("trust the site's pack as it is now: plans may then observe with it")
    .option("--json", "one JSON document")
    .action((options: { json?: boolean }) =>
      run((context, globals) => trustCommand(context, globals, { json: options.json === true })),
    );
}

async function trustCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  const { currentPrincipal, openCliSite } = await import("../open-site.ts");
  const { recordEvents } = await import("../record.ts");
  const { refuseForbidden, refuseRecorded } = await import("../refuse-recorded.ts");
  const { shortDigest } = await import("../../../core/value/digest.ts");
  const site = await openCliSite(context, globals);
  if (!site.ok) return refuseRecorded(context, globals, "trust", site.error, options);
  const no = await refuseForbidden(
    context,
    globals,
    { capability: "trust", command: "trust", resource: site.value.pack.domain.name },
    options,
  );
  if (no !== null) return no;
  const { digest, domain, files } = site.value.pack;
  const by = currentPrincipal(context);
  const recorded = await recordEvents(
    context,
    globals,
    [{ kind: "pack_trusted", runId: null, pack: domain.name, digest, by }],
    [],
  );
  if (!recorded.ok) return refuse(context, [recorded.error], options);
  if (options.json)
    printDocument(context, { format: "interlock.trust/1", pack: domain.name, version: domain.version, digest, files });
  else
    context.out(
      `trusted \`${domain.name}\` ${domain.version} (${files.length} files, ${shortDigest(digest)}); next: interlock plan PROPOSAL\n`,
    );
  return 0;
}
