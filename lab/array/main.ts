import { writeFileSync } from "node:fs";

import { FaultQueue } from "./faults.ts";
import { type ProcessOptions, parseOptions, usage } from "./options.ts";
import { createAdminServer, createArrayServer, listen } from "./server.ts";
import { StorageArray } from "./storage-array.ts";
import { createRandom, startTraffic } from "./traffic.ts";

/** The JSON line that the process prints once it answers requests. `adminPort` is null without an admin token. */
export interface ReadyLine {
  readonly port: number;
  readonly adminPort: number | null;
  readonly pid: number;
  readonly serial: string;
}

/** Milliseconds since 1970 on a clock that never goes back within the process. */
function now(): number {
  return Math.round(performance.timeOrigin + performance.now());
}

async function run(options: ProcessOptions): Promise<void> {
  const faults = new FaultQueue();
  const array = new StorageArray({
    shape: { array: options.serial, hostCount: options.hostCount, firmwareVersions: options.firmwareVersions },
    stateFolder: options.stateFolder,
    upgradeMs: options.upgradeMs,
    nextUpgradeOutcome: (controller) => faults.takeUpgradeOutcome(controller),
    now,
  });
  const traffic = startTraffic({
    hosts: array.state.hosts.map((host) => host.id),
    everyMs: options.readEveryMs,
    random: createRandom(options.seed),
    read: (host) => array.readAs(host),
  });
  const context = { array, lagMsMax: traffic.lagMsMax };
  const port = await listen(
    createArrayServer(context, faults, { full: options.token, readOnly: options.readToken }),
    options.port,
  );
  const adminPort =
    options.adminToken === null
      ? null
      : await listen(createAdminServer(context, faults, options.adminToken), options.adminPort);
  announce(options, { port, adminPort, pid: process.pid, serial: array.state.array });
  stopByItself(options, () => {
    traffic.stop();
    faults.clear();
    array.close();
    process.exit(0);
  });
}

function announce({ quiet, readyFile }: ProcessOptions, line: ReadyLine): void {
  const text = `${JSON.stringify(line)}\n`;
  if (readyFile !== null) writeFileSync(readyFile, text, { mode: 0o600 });
  if (!quiet) process.stdout.write(text);
}

/** An array never outlives its owner: its parent, stdin, signals and a deadline all end it. */
function stopByItself({ parentPid, stopWithStdin, maxSeconds }: ProcessOptions, stop: () => void): void {
  setTimeout(stop, maxSeconds * 1_000);
  process.once("SIGTERM", stop).once("SIGINT", stop);
  if (stopWithStdin) process.stdin.on("end", stop).on("error", stop).resume();
  if (parentPid === null) return;
  setInterval(() => {
    try {
      process.kill(parentPid, 0);
    } catch (error) {
      // EPERM: it is alive and belongs to another user.
      if ((error as NodeJS.ErrnoException).code === "ESRCH") stop();
    }
  }, 250);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(usage);
  else await run(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 64;
}
