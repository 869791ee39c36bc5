import type { Command } from "commander";
import { collect } from "../collect.ts";
import type { RunCommand } from "../command.ts";

interface Given {
  readonly situation?: string;
  readonly proposal?: string;
  readonly proposer?: string;
  readonly observe?: boolean;
  readonly as?: string;
  readonly target: readonly string[];
  readonly yes?: boolean;
  readonly webhook?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** `interlock respond`: from an alert to a verified recovery. */
export function registerRespond(program: Command, run: RunCommand): void {
  program
    .command("respond")
    .argument("[alert]", "an alert in Alertmanager's form, or `-` for stdin")
    .description("answer an alert: look, decide, ask, act, verify, and record all of it")
    .option("--situation <file>", "the situation to decide (default: the only one of the pack)")
    .option(
      "--proposal <file>",
      "a proposal from outside: scored and shown beside the decision, never chosen for being there",
    )
    .option("--proposer <name>", "ask this proposer of interlock.yaml for one")
    .option("--observe", "decide and record, and never act")
    .option("--as <identity>", "which of your keys approves (default: the only one)")
    .option("--target <name>", "name of an irreversible step's target, once each; asked for at a terminal", collect, [])
    .option("--yes", "do not ask once more before signing")
    .option("--webhook <port>", "wait for one alert on 127.0.0.1 instead (0: any free port, told on stderr)")
    .option("--token-file <file>", "the bearer token that the webhook's sender must show (0600)")
    .option("--json", "one JSON document: the closing report")
    .action((alert: string | undefined, given: Given) =>
      run(async (context, globals) => {
        const { respondCommand } = await import("../respond.ts");
        return respondCommand(context, globals, {
          alert: alert ?? null,
          situation: given.situation ?? null,
          proposal: given.proposal ?? null,
          proposer: given.proposer ?? null,
          observe: given.observe === true,
          as: given.as ?? null,
          target: given.target,
          yes: given.yes === true,
          webhook: given.webhook ?? null,
          tokenFile: given.tokenFile ?? null,
          json: given.json === true,
        });
      }),
    );
}
