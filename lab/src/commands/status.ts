import { createLabClient } from "../client.ts";
import { readLabAddress } from "../state-files.ts";
import { type Command, JSON_OPTION, STATE_OPTION, stateDirectoryOf } from "./command.ts";
import { renderStatus } from "./render-status.ts";

const REFRESH_EVERY_MS = 1_000;
const HISTORY_COUNT = 60;

/** Shows the running lab. */
export const STATUS: Command = {
  name: "status",
  usage: "status [--once] [--json]",
  summary: "Shows rates, latencies, queue, locks, breaker, corrupted rows and the second tenant, live on a terminal.",
  options: [
    { name: "once", kind: "flag", summary: "print once and end (so it is without a terminal)" },
    STATE_OPTION,
    JSON_OPTION,
  ],
  positionalCountMax: 0,
  examples: ["npm run lab -- status", "npm run -s lab -- status --json"],
  run: async (input) => {
    const lab = createLabClient(readLabAddress(stateDirectoryOf(input)));
    if (input.flag("json")) {
      input.print(JSON.stringify(await lab.readStatus()));
      return 0;
    }
    const isTerminal = process.stdout.isTTY === true && process.env["TERM"] !== "dumb";
    const isColoured = isTerminal && (process.env["NO_COLOR"] ?? "") === "";
    const read = async (): Promise<string> => {
      const [status, { windows }] = await Promise.all([lab.readStatus(), lab.readWindows({ limit: HISTORY_COUNT })]);
      return renderStatus(status, windows, { isColoured });
    };
    if (input.flag("once") || !isTerminal) {
      input.print(await read());
      return 0;
    }
    let isOver = false;
    process.once("SIGINT", () => {
      isOver = true;
    });
    process.stdout.write("\u001b[?25l");
    try {
      while (!isOver) {
        const text = await read();
        // Home, then each line cleared to its end, then what is left of a taller picture.
        process.stdout.write(
          `\u001b[H${text
            .split("\n")
            .map((line) => `${line}\u001b[K`)
            .join("\n")}\n\u001b[J`,
        );
        await new Promise((resolve) => setTimeout(resolve, REFRESH_EVERY_MS));
      }
    } finally {
      process.stdout.write("\u001b[?25h\n");
    }
    return 0;
  },
};
