// `npm run test:respond`: answers on the real lab while the worst happens in the middle. Takes about four minutes.
// `-- killed` plays the scenario with that word in its name.
import { breakAndRespond } from "./break-and-respond.ts";
import { startProgram } from "./programs.ts";
import { Interrupted, type OpenWorkplace, withWorkplace } from "./workplace.ts";

/** One thing that happens. `play` returns what is wrong afterwards, or null. */
interface Scenario {
  readonly name: string;
  readonly play: (workplace: OpenWorkplace) => Promise<string | null>;
}

const seed = 7;
/** The response has written, and its post-condition is being read back. */
const inTheMiddle = /its post-condition/;
const common = { fault: "DB", seed, approve: false, quiet: true, tell: () => undefined } as const;

async function typed(
  workplace: OpenWorkplace,
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly said: string }> {
  const lines: string[] = [];
  const { exitCode, stdout } = await startProgram({ kind: "interlock", args }, workplace, {
    quiet: true,
    terminal: false,
    hear: (line) => lines.push(line),
  }).ended;
  return { exitCode, said: `${lines.join("\n")}\n${stdout}` };
}

const scenarios: readonly Scenario[] = [
  {
    name: "BUG is restored, and not a row is applied twice from then on",
    play: async (workplace) => {
      const { response } = await breakAndRespond({ ...common, fault: "BUG" }, workplace);
      const before = await workplace.lab.readProbe("integrity");
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const after = await workplace.lab.readProbe("integrity");
      if (response.outcome !== "restored") return `it ended ${response.outcome}: ${response.reason}`;
      return after.output.duplicateRowCount === before.output.duplicateRowCount ? null : "rows are still applied twice";
    },
  },
  {
    name: "killed in the middle, then resumed: the run ends, each session was terminated once, the log verifies",
    play: async (workplace) => {
      let isKilled = false;
      const answered = breakAndRespond(
        {
          ...common,
          watch: (line, responding) => {
            if (inTheMiddle.test(line)) isKilled = responding.kill("SIGKILL") || isKilled;
          },
        },
        workplace,
      );
      await answered.catch(() => undefined);
      if (!isKilled) return "it was not killed in the middle";
      const resumed = await typed(workplace, ["resume"]);
      const verified = await typed(workplace, ["log", "verify"]);
      const { performed } = await workplace.lab.readActions();
      if (resumed.exitCode !== 0) return `resume ended with ${resumed.exitCode}: ${resumed.said}`;
      if (!/inc_\S+ closed: restored/.test(resumed.said)) return `the incident was not closed: ${resumed.said}`;
      if (performed.length !== 1) return `${performed.length} actions were performed`;
      return verified.exitCode === 0 ? null : verified.said;
    },
  },
  {
    name: "the lab is stopped in the middle: it waits for a person with the reason, and is no success",
    play: async (workplace) => {
      let isStopped = false;
      const { response } = await breakAndRespond(
        {
          ...common,
          watch: (line) => {
            if (!inTheMiddle.test(line) || isStopped) return;
            isStopped = true;
            void workplace.control.shutDown();
          },
        },
        workplace,
      );
      if (!isStopped) return "it was not stopped in the middle";
      return response.outcome === "waiting" && response.reason !== ""
        ? null
        : `it ended ${response.outcome}: ${response.reason}`;
    },
  },
];

/** Plays the scenarios whose names contain the given word, or all of them. */
const [only = ""] = process.argv.slice(2);
let failedCount = 0;
for (const { name, play } of scenarios.filter((scenario) => scenario.name.includes(only))) {
  const wrong = await withWorkplace({ seed, approve: false, tell: () => undefined }, play).catch((error: unknown) => {
    if (error instanceof Interrupted) process.exit(130);
    return error instanceof Error ? error.message : String(error);
  });
  process.stdout.write(wrong === null ? `ok      ${name}\n` : `NOT OK  ${name}\n        ${wrong}\n`);
  if (wrong !== null) failedCount += 1;
}
process.exitCode = failedCount === 0 ? 0 : 1;
