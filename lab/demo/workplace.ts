// A live lab, a site that answers its alerts, and keys: everything of one demonstration, below a temporary folder.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type ControlClient, createControlClient, createLabClient, type LabClient } from "../src/client.ts";
import { endPrograms, repository, runProgram, startProgram, type Workplace } from "./programs.ts";

/** How a workplace is set up. */
export interface WorkplaceOptions {
  readonly seed: number;
  /** Approve by hand, with a key under a passphrase. */
  readonly approve: boolean;
  readonly tell: (text: string) => void;
}

/** A workplace whose lab answers. */
export interface OpenWorkplace extends Workplace {
  readonly lab: LabClient;
  readonly control: ControlClient;
}

/**
 * Sets a workplace up, works in it, and leaves nothing behind, however the work ends: with an error, a lab that does
 * not start, or Ctrl-C. A program in a process group of its own, which no key reaches, takes the lab down.
 */
export async function withWorkplace<T>(
  options: WorkplaceOptions,
  work: (workplace: OpenWorkplace) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "interlock-demo-"));
  // A command on the PATH, so that hints name it as a user would type it.
  mkdirSync(join(folder, ".bin"));
  symlinkSync(join(repository, "bin/interlock.js"), join(folder, ".bin/interlock"));
  const workplace: Workplace = {
    folder,
    environment: {
      ...process.env,
      PATH: `${join(folder, ".bin")}${delimiter}${process.env["PATH"] ?? ""}`,
      LAB_STATE: join(folder, "lab"),
      XDG_CONFIG_HOME: join(folder, "config"),
      INTERLOCK_IDENTITIES: join(folder, "keys"),
    },
  };
  let isInterrupted = false;
  let interrupt: (error: Error) => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => (interrupt = reject));
  const onSignal = (): void => {
    options.tell("interrupted: taking the lab down …");
    isInterrupted = true;
    interrupt(new Interrupted());
  };
  // Nobody waits for it any more while the workplace is being taken down.
  interrupted.catch(() => undefined);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  let result: T;
  try {
    result = await Promise.race([prepare(options, workplace).then(work), interrupted]);
  } finally {
    await endPrograms();
    await runProgram({ kind: "lab", args: ["down"] }, workplace, { mayFail: true });
    rmSync(folder, { recursive: true, force: true });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, onSignal);
  }
  // A key pressed during the clean-up counts too. Otherwise the person would not be heard.
  if (isInterrupted) throw new Interrupted();
  return result;
}

/** Somebody pressed Ctrl-C, or ended the program. */
export class Interrupted extends Error {
  constructor() {
    super("interrupted");
  }
}

async function prepare(options: WorkplaceOptions, workplace: Workplace): Promise<OpenWorkplace> {
  const { folder } = workplace;
  options.tell("starting a live system: proxy, three workers, a PostgreSQL, load, a nightly report, a second tenant …");
  await runProgram({ kind: "lab", args: ["up", "--seed", String(options.seed)] }, workplace);
  // The lab of this repository wrote both.
  const address = JSON.parse(readFileSync(join(folder, "lab/lab.json"), "utf8")) as Parameters<
    typeof createLabClient
  >[0];
  const control = JSON.parse(readFileSync(join(folder, "lab/control.json"), "utf8")) as Parameters<
    typeof createControlClient
  >[0];
  writeFileSync(join(folder, "token"), `${address.actionToken}\n`, { mode: 0o600 });
  writeFileSync(
    join(folder, "interlock.yaml"),
    JSON.stringify({
      format: "interlock.site/1",
      pack: join(repository, "packs/web-service"),
      connections: {
        lab: {
          settings: { base: address.url, auth: { kind: "bearer", token: { $secret: "token" } } },
          secrets: { token: "file:token" },
        },
      },
      proposers: {
        average: {
          kind: "cassette",
          file: join(repository, "packs/web-service/proposals/average-plan.jsonl"),
          model: "by hand",
        },
      },
    }),
  );
  await createKey(options, workplace);
  await runProgram({ kind: "interlock", args: ["trust"] }, workplace);
  return { ...workplace, lab: createLabClient(address), control: createControlClient(control) };
}

async function createKey(options: WorkplaceOptions, workplace: Workplace): Promise<void> {
  const args = options.approve
    ? ["identity", "create", "you", "--person", "you"]
    : ["identity", "create", "demo-operator", "--person", "demo-operator", "--unattended"];
  if (!options.approve) return void (await runProgram({ kind: "interlock", args }, workplace));
  options.tell("a key of your own, for this demonstration only:");
  const { exitCode } = await startProgram({ kind: "interlock", args }, workplace, {
    quiet: false,
    terminal: true,
    hear: () => undefined,
  }).ended;
  if (exitCode !== 0) throw new Error("without a key there is nobody to approve");
}
