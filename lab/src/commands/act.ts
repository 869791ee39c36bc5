import { createLabClient } from "../client.ts";
import { ACTIONS, type ActionArgument, type ActionDeclaration, parseAction } from "../contract/actions.ts";
import { LabError } from "../lab-error.ts";
import { readLabAddress } from "../state-files.ts";
import { type Command, JSON_OPTION, STATE_OPTION, stateDirectoryOf } from "./command.ts";

function describeArgument(argument: ActionArgument): string {
  switch (argument.kind) {
    case "number":
      return `${argument.name}=${argument.min}..${argument.max}`;
    case "one_of":
      return `${argument.name}=${argument.values.join("|")}`;
    case "boolean":
      return `${argument.name}=true|false`;
    default:
      return argument satisfies never;
  }
}

/** `name=value` pairs as a JSON object; a value is JSON where it parses, else text. */
function parsePairs(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name, value] = pair.split("=", 2);
      if (name === undefined || value === undefined)
        throw new LabError("E_LAB_USAGE", `\`${pair}\` is not name=value`, "for example workerCount=6");
      try {
        return [name, JSON.parse(value) as unknown];
      } catch {
        return [name, value];
      }
    }),
  );
}

function describeAction(action: ActionDeclaration): string {
  const usage = [action.name, ...action.arguments.map(describeArgument)].join(" ");
  return `  ${usage}\n      ${action.summary}${action.class === "irreversible" ? " (irreversible)" : ""}`;
}

/** Performs an action. */
export const ACT: Command = {
  name: "act",
  usage: "act ACTION [name=value ...]",
  summary: `Performs an action.\n\n${ACTIONS.map(describeAction).join("\n")}`,
  options: [STATE_OPTION, JSON_OPTION],
  positionalCountMax: 16,
  examples: [
    "npm run lab -- act scale workerCount=6",
    "npm run lab -- act terminate_sessions role=nightly-report countMax=8",
  ],
  run: async (input) => {
    const [name = "", ...pairs] = input.positionals;
    const parsed = parseAction(name, parsePairs(pairs));
    if (!parsed.ok) throw new LabError("E_LAB_USAGE", parsed.problems.join("; "), "see `npm run lab -- act --help`");
    const record = await createLabClient(readLabAddress(stateDirectoryOf(input))).act(parsed.value);
    input.print(
      input.flag("json")
        ? JSON.stringify(record)
        : `${record.outcome}: ${record.detail} (${((record.endedAtMs - record.startedAtMs) / 1_000).toFixed(1)} s)`,
    );
    return record.outcome === "done" ? 0 : 10;
  },
};
