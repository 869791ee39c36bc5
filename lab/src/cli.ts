import { type Command, describeCommand, parseCommandLine } from "./commands/command.ts";
import { LAB_CODES, LabError, toLabError } from "./lab-error.ts";

/** Commands by name; each is loaded when it is called, since some load the simulator and some PostgreSQL's client. */
const LOADERS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  up: { summary: "start the lab", load: async () => (await import("./commands/up.ts")).UP },
  fault: { summary: "inject a fault", load: async () => (await import("./commands/fault.ts")).FAULT },
  status: { summary: "show the lab, live", load: async () => (await import("./commands/status.ts")).STATUS },
  act: { summary: "perform an action", load: async () => (await import("./commands/act.ts")).ACT },
  score: { summary: "score what has happened so far", load: async () => (await import("./commands/score.ts")).SCORE },
  episode: {
    summary: "run one whole episode with a policy",
    load: async () => (await import("./commands/episode.ts")).EPISODE_COMMAND,
  },
  incidents: {
    summary: "labelled incidents from the twin, as JSON Lines",
    load: async () => (await import("./commands/incidents.ts")).INCIDENTS,
  },
  openapi: {
    summary: "print the API's OpenAPI document",
    load: async () => (await import("./commands/openapi.ts")).OPENAPI,
  },
  down: { summary: "end the lab", load: async () => (await import("./commands/down.ts")).DOWN },
};

function describeLab(): string {
  const width = Math.max(...Object.keys(LOADERS).map((name) => name.length));
  return [
    "npm run lab -- COMMAND [options]",
    "",
    "The incident lab: a small production system with faults, an action API and a score.",
    "",
    ...Object.entries(LOADERS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "  npm run lab -- COMMAND --help",
    "",
    "  $ npm run lab -- up",
    "  $ npm run lab -- fault db",
    "  $ npm run lab -- status",
    "  $ npm run lab -- act terminate_sessions role=nightly-report countMax=8",
    "  $ npm run lab -- score",
    "  $ npm run lab -- down",
  ].join("\n");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    print(describeLab());
    return name === undefined ? LAB_CODES.E_LAB_USAGE.exitCode : 0;
  }
  const loader = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (loader === undefined)
    throw new LabError("E_LAB_USAGE", `no command \`${name}\``, `there are ${Object.keys(LOADERS).join(", ")}`);
  const command = await loader.load();
  if (rest.includes("--help") || rest.includes("-h")) {
    print(describeCommand(command));
    return 0;
  }
  return command.run({ ...parseCommandLine(command, rest), print, say });
}

// A reader that closes the pipe (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (thrown: unknown) => {
    const error = toLabError(thrown);
    say(`${error.code}: ${error.message}; ${error.hint}`);
    process.exitCode = LAB_CODES[error.code].exitCode;
  },
);
