/** `npm run lab -- incidents`: labelled incidents as JSON Lines on stdout. */

import { readArgs } from "../../../../simulation/script-options.ts";
import { RESPONSES } from "../../contract/actions.ts";
import { generateIncidents, type IncidentPrior, type ResponseChoice } from "../incidents.ts";

const USAGE = `usage: incidents [--count N] [--seed N] [--prior essay|uniform|wide] [--responses random|all|NAME]

Incidents from the twin, JSON Lines: context, observations, windows, response, utility, catastrophe.
`;

/** Runs the command; returns the exit code. Lines are written as they come: a reader that closes the pipe ends it. */
export async function runIncidents(args: readonly string[]): Promise<number> {
  const { values } = readArgs({
    args: [...args],
    options: {
      count: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      prior: { type: "string", default: "essay" },
      responses: { type: "string", default: "random" },
    },
  });
  const count = Number(values.count);
  const seedFirst = Number(values.seed);
  if (
    !Number.isSafeInteger(count) ||
    count < 1 ||
    !Number.isSafeInteger(seedFirst) ||
    !isPrior(values.prior) ||
    !isResponseChoice(values.responses)
  ) {
    process.stderr.write(USAGE);
    return 64;
  }
  for (const incident of generateIncidents({ count, seedFirst, prior: values.prior, responses: values.responses })) {
    if (!process.stdout.write(`${JSON.stringify(incident)}\n`))
      await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
  return 0;
}

function isPrior(name: string): name is IncidentPrior {
  return name === "essay" || name === "uniform" || name === "wide";
}

function isResponseChoice(name: string): name is ResponseChoice {
  return name === "random" || name === "all" || name in RESPONSES;
}

if (import.meta.main) {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  process.exitCode = await runIncidents(process.argv.slice(2));
}
