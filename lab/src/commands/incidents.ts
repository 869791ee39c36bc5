import { runIncidents } from "../twin/commands/incidents.ts";

import type { Command, CommandInput } from "./command.ts";

const OPTIONS = ["count", "seed", "prior", "responses"] as const;

function argumentsOf(input: CommandInput): string[] {
  return OPTIONS.flatMap((name) => {
    const value = input.value(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
}

/** Prints labelled incidents. */
export const INCIDENTS: Command = {
  name: "incidents",
  usage: "incidents [--count N] [--seed N] [--prior essay|uniform|wide] [--responses random|all|NAME]",
  summary:
    "Incidents from the twin as JSON Lines: context, observations, response, utility, catastrophe. For calibration.",
  options: [
    { name: "count", kind: "value", placeholder: "N", summary: "how many (default 100)" },
    { name: "seed", kind: "value", placeholder: "N", summary: "first seed (default 1)" },
    {
      name: "prior",
      kind: "value",
      placeholder: "PRIOR",
      summary: "what contexts are drawn from: `essay` (default), `uniform`, `wide` (all faults)",
    },
    { name: "responses", kind: "value", placeholder: "WHICH", summary: "`random` (default), `all`, or one response" },
  ],
  positionalCountMax: 0,
  examples: ["npm run -s lab -- incidents --count 1000 > incidents.jsonl"],
  run: (input) => runIncidents(argumentsOf(input)),
};
