import type { Command } from "commander";
import { shortDigest } from "../../../core/value/digest.ts";
import { screen } from "../../../core/value/screen.ts";
import type { RunCommand } from "../command.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { wordNext } from "../word-next.ts";

/** `interlock trust`: trusts the pack and interlock.yaml as they are now, so that plans may observe with them. */
export function registerTrust(program: Command, run: RunCommand): void {
  program
    .command("trust")
    .description("trust the site's pack and interlock.yaml as they are now: plans may then observe with them")
    .option("--json", "one JSON document")
    .action(({ json = false }: { json?: boolean }) =>
      run((context, globals) =>
        withInterlock(context, globals, { json }, async (interlock) => {
          const trusted = await interlock.trust();
          if (!trusted.ok) return refuse(context, trusted.error, { json });
          const { pack, version, digest, site, files } = trusted.value;
          if (json) printDocument(context, { format: "interlock.trust/1", pack, version, digest, site, files });
          else {
            const what = `\`${pack}\` ${version} (${files.length} files, ${shortDigest(digest)})`;
            const config = `interlock.yaml (${shortDigest(site)})`;
            context.out(screen`trusted ${what} and ${config}; next: ${wordNext(context, { do: "plan" })}\n`);
          }
          return 0;
        }),
      ),
    );
}
