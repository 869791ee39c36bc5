import type { Command } from "commander";
import { actorName } from "../../../core/value/actor-name.ts";
import { shortDigest } from "../../../core/value/digest.ts";
import { screen } from "../../../core/value/screen.ts";
import { quote } from "../../../core/value/text.ts";
import type { Interlock, WithdrawTrustRequest } from "../../../interlock.ts";
import type { RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { showTime } from "../show-time.ts";
import { wordNext } from "../word-next.ts";

interface TrustOptions {
  readonly list?: boolean;
  readonly withdraw?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `interlock trust`: trusts the pack and interlock.yaml as they are now, so that plans may observe with them. */
export function registerTrust(program: Command, run: RunCommand): void {
  program
    .command("trust")
    .description("trust the site's pack and interlock.yaml as they are now: plans may then observe with them")
    .option("--list", "list what was trusted, and what of it was withdrawn")
    .option("--withdraw <digest>", "trust no more what has this digest, of a pack or of an interlock.yaml")
    .option("--reason <text>", "why it is withdrawn; the log keeps it")
    .option("--json", "one JSON document")
    .action(({ list = false, withdraw, reason = "", json = false }: TrustOptions) =>
      run((context, globals) =>
        withInterlock(context, globals, { json }, async (interlock) => {
          if (list) return tellTrusts(context, interlock, json);
          if (withdraw !== undefined) return tellWithdrawn(context, interlock, { digest: withdraw, reason }, json);
          const trusted = await interlock.trust();
          if (!trusted.ok) return refuse(context, trusted.error, { json });
          const { pack, version, digest, site, files, withdrawnBefore } = trusted.value;
          if (json)
            printDocument(context, {
              format: "interlock.trust/1",
              pack,
              version,
              digest,
              site,
              files,
              ...(withdrawnBefore === null ? {} : { withdrawnBefore }),
            });
          else {
            if (withdrawnBefore !== null) {
              const { by, atMs, reason } = withdrawnBefore;
              const who = `${by.id} withdrew the trust in this at ${showTime(atMs)}: ${quote(reason)}`;
              context.out(screen`${who}\n  what was approved before that counts again\n`);
            }
            const what = `\`${pack}\` ${version} (${files.length} files, ${shortDigest(digest)})`;
            const config = `interlock.yaml (${shortDigest(site)})`;
            context.out(screen`trusted ${what} and ${config}; next: ${wordNext(context, { do: "plan" })}\n`);
          }
          return 0;
        }),
      ),
    );
}

async function tellTrusts(context: CliContext, interlock: Interlock, json: boolean): Promise<number> {
  const listed = await interlock.trusts();
  if (!listed.ok) return refuse(context, listed.error, { json });
  if (json) {
    printDocument(context, { format: "interlock.trusts/1", trusts: listed.value });
    return 0;
  }
  if (listed.value.length === 0) context.out(screen`nothing was ever trusted here\n`);
  for (const { pack, digest, site, by, atMs, withdrawn, isCurrent } of listed.value) {
    const config = site === null ? "without interlock.yaml" : `interlock.yaml ${shortDigest(site)}`;
    const state = withdrawn === null ? `trusted${isCurrent ? ", as it is now" : ""}` : "withdrawn";
    const what = `${state}: \`${pack}\` ${shortDigest(digest)}, ${config}, by ${actorName(by)} at ${showTime(atMs)}`;
    context.out(screen`${what}\n`);
    if (withdrawn !== null)
      context.out(
        screen`  withdrawn by ${actorName(withdrawn.by)} at ${showTime(withdrawn.atMs)}: ${quote(withdrawn.reason)}\n`,
      );
  }
  return 0;
}

async function tellWithdrawn(
  context: CliContext,
  interlock: Interlock,
  request: WithdrawTrustRequest,
  json: boolean,
): Promise<number> {
  const withdrawn = await interlock.withdrawTrust(request);
  if (!withdrawn.ok) return refuse(context, withdrawn.error, { json });
  const { digest, trustCount } = withdrawn.value;
  if (json) printDocument(context, { format: "interlock.trust-withdrawn/1", digest, trustCount });
  else {
    const next = wordNext(context, { do: "list_runs" });
    const what = screen`withdrew the trust in ${shortDigest(digest)}: plans made with it do not start`;
    const until = "until somebody trusts exactly the same again";
    context.out(screen`${what}, ${until}; a run that is under way goes on, next: ${next}\n`);
  }
  return 0;
}
