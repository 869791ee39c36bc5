import { createLabClient } from "../client.ts";
import { launchLab } from "../launch.ts";
import { readLabAddress } from "../state-files.ts";
import { type Command, JSON_OPTION, STATE_OPTION, stateDirectoryOf, wholeNumberOf } from "./command.ts";

/** Starts a lab. */
export const UP: Command = {
  name: "up",
  usage: "up [--seed N] [--webhook URL] [--foreground] [--json]",
  summary:
    "Starts the lab: proxy, three workers, PostgreSQL, load, nightly report, billing, supervisor. Loopback only.",
  options: [
    { name: "seed", kind: "value", placeholder: "N", summary: "seed of load and background (default 1)" },
    { name: "webhook", kind: "value", placeholder: "URL", summary: "where alerts are posted, in Alertmanager's shape" },
    { name: "foreground", kind: "flag", summary: "stay, and end the lab with Ctrl-C" },
    STATE_OPTION,
    JSON_OPTION,
  ],
  positionalCountMax: 0,
  examples: ["npm run lab -- up --seed 7", "npm run lab -- status"],
  run: async (input) => {
    const stateDirectory = stateDirectoryOf(input);
    const isForeground = input.flag("foreground");
    const webhookUrl = input.value("webhook");
    const startedAtMs = performance.now();
    const supervisor = await launchLab({
      stateDirectory,
      seed: wholeNumberOf(input, "seed", 1),
      mode: isForeground ? "tethered" : "detached",
      ...(webhookUrl === undefined ? {} : { webhookUrl }),
    });
    const address = readLabAddress(stateDirectory);
    const { configuration } = await createLabClient(address).readStatus();
    if (input.flag("json"))
      input.print(JSON.stringify({ url: address.url, instance: address.instance, stateDirectory }));
    else {
      const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
      input.print(`lab \`${address.instance}\` serves at ${address.url} after ${seconds} s`);
      input.print(
        `${configuration.workerCountReady} workers, ${configuration.version}; API at ${address.url}/openapi.json; ` +
          `action token in ${stateDirectory}/lab.json`,
      );
      input.print(isForeground ? "Ctrl-C ends it" : "next: npm run lab -- status");
    }
    if (isForeground) {
      // A terminal's Ctrl-C reaches the supervisor too, a signal from a program only us: closing the channel ends it
      // either way.
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
        process.on(signal, () => {
          if (supervisor.connected) supervisor.disconnect();
        });
      await new Promise<void>((resolve) => supervisor.once("exit", () => resolve()));
    }
    return 0;
  },
};
