import { createControlClient } from "../client.ts";
import { LabError } from "../lab-error.ts";
import { isProcessAlive, sweepLeftovers } from "../postgres/sweep.ts";
import { readControlAddress, removeStateFiles } from "../state-files.ts";
import { type Command, STATE_OPTION, stateDirectoryOf } from "./command.ts";

const END_TIMEOUT_MS = 15_000;

/** Ends the lab and whatever a killed one left behind. */
export const DOWN: Command = {
  name: "down",
  usage: "down",
  summary: "Ends the lab. Safe to repeat; also removes what a killed lab left behind.",
  options: [STATE_OPTION],
  positionalCountMax: 0,
  examples: ["npm run lab -- down"],
  run: async (input) => {
    const stateDirectory = stateDirectoryOf(input);
    const control = readControlAddress(stateDirectory);
    if (control !== undefined) {
      await createControlClient(control)
        .shutDown()
        .catch(() => {
          // It runs but does not answer: its children and the guardian follow it whatever way it ends.
          if (isProcessAlive(control.supervisorPid)) process.kill(control.supervisorPid, "SIGKILL");
        });
      const giveUpAtMs = performance.now() + END_TIMEOUT_MS;
      while (isProcessAlive(control.supervisorPid)) {
        if (performance.now() > giveUpAtMs)
          throw new LabError(
            "E_LAB_INTERNAL",
            `process ${control.supervisorPid} does not end`,
            "end it by hand and run `down` again",
          );
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    const removed = sweepLeftovers();
    removeStateFiles(stateDirectory);
    input.print(control === undefined ? "no lab was running" : "lab ended");
    for (const directory of removed) input.print(`removed ${directory}`);
    return 0;
  },
};
