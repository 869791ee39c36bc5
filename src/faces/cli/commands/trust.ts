import type { Command } from "commander";
import { shortDigest } from "../../../core/value/digest.ts";
import { screen } from "../../../core/value/screen.ts";
import type { RunCommand } from "../command.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { wordNext } from "../word-next.ts";

/** `interlock trust`: trusts the digest of the pack as it is now, so that plans may observe with it. */
export function registerTrust(program: Command, run: RunCommand): void {
  program
    .command("trust")
    .description("trust the site's pack as it is now: plans may then observe with it")
    .option("--json", "one JSON document")
    .action(({ json = false }: { json?: boolean }) =>
      run((context, globals) =>
        withInterlock(context, globals, { json }, async (interlock) => {
          const trusted = await interlock.trust();
          if (!trusted.ok) return refuse(context, trusted.error, { json });
          const { pack, version, digest, files } = trusted.value;
          if (json) printDocument(context, { format: "interlock.trust/1", pack, version, digest, files });
          else {
            const what = `\`${pack}\` ${version} (${files.length} files, ${shortDigest(digest)})`;
            context.out(screen`trusted ${what}; next: ${wordNext(context, { do: "plan" })}\n`);
          }
          return 0;
        }),
      ),
    );
}
