import { type ControlClient, createControlClient } from "../client.ts";
import { FAULT_NAMES, FAULT_SUMMARIES } from "../contract/faults.ts";
import { LabError } from "../lab-error.ts";
import { readControlAddress } from "../state-files.ts";
import { type Command, STATE_OPTION, stateDirectoryOf, wholeNumberOf } from "./command.ts";

/** The referee's client of the running lab. */
export function connectControl(stateDirectory: string): ControlClient {
  const address = readControlAddress(stateDirectory);
  if (address === undefined)
    throw new LabError(
      "E_LAB_NOT_RUNNING",
      `no lab runs under \`${stateDirectory}\``,
      "start one with `npm run lab -- up`",
    );
  return createControlClient(address);
}

/** Injects a fault. */
export const FAULT: Command = {
  name: "fault",
  usage: "fault NAME [--seed N]",
  summary: [
    "Injects a fault; one for each lab. The action API never shows which.",
    "",
    ...FAULT_NAMES.map((name) => `  ${name.padEnd(8)} ${FAULT_SUMMARIES[name]}`),
  ].join("\n"),
  options: [
    { name: "seed", kind: "value", placeholder: "N", summary: "seed of the requests that follow (default 1)" },
    STATE_OPTION,
  ],
  positionalCountMax: 1,
  examples: ["npm run lab -- fault db --seed 3"],
  run: async (input) => {
    const [given] = input.positionals;
    const fault = FAULT_NAMES.find((name) => name === given?.toUpperCase());
    if (fault === undefined)
      throw new LabError(
        "E_LAB_USAGE",
        given === undefined ? "no fault named" : `no fault \`${given}\``,
        `there are ${FAULT_NAMES.join(", ")}`,
      );
    const { faultAtMs } = await connectControl(stateDirectoryOf(input)).injectFault(
      fault,
      wholeNumberOf(input, "seed", 1),
    );
    input.print(
      `${fault} injected at ${(faultAtMs / 1_000).toFixed(1)} s of the lab's clock; next: npm run lab -- status`,
    );
    return 0;
  },
};
