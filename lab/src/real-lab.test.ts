import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ControlClient,
  createControlClient,
  createLabClient,
  type LabClient,
  type PublicActionRecord,
} from "./client.ts";
import { goodShareOf } from "./contract/score.ts";
import { launchLab } from "./launch.ts";
import { isProcessAlive } from "./postgres/sweep.ts";
import { listen } from "./processes/child.ts";
import { type ControlAddress, readControlAddress, readLabAddress } from "./state-files.ts";

// One real lab for the whole file: it is started once, broken, mended, and killed. Conditions are waited for, never
// timed.
const PATIENCE_MS = 60_000;
const stateDirectory = mkdtempSync(join(tmpdir(), "interlock-test-"));
const posted: unknown[] = [];
const receiver = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  request.on("end", () => {
    posted.push(JSON.parse(text));
    response.end();
  });
});
let lab: LabClient;
let control: ControlClient;
let address: ControlAddress;

async function eventually(claim: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (performance.now() > giveUpAtMs) throw new Error(`never: ${claim}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Share of good answers over `count` windows that begin at or after `fromMs`. */
async function measureGoodShare(fromMs: number, count: number): Promise<number> {
  const read = async () => (await lab.readWindows()).windows.filter((window) => window.startMs >= fromMs);
  await eventually(`${count} windows after ${fromMs} ms`, async () => (await read()).length >= count);
  return goodShareOf((await read()).slice(0, count));
}

/** The agent the documentation shows: it knows nothing of the lab but an address and a token. */
async function runExampleAgent(): Promise<PublicActionRecord> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL("../examples/agent.ts", import.meta.url)),
    join(stateDirectory, "lab.json"),
  ]);
  return JSON.parse(stdout) as PublicActionRecord; // what the action API answered
}

beforeAll(async () => {
  const port = await listen(receiver);
  await launchLab({ stateDirectory, seed: 3, mode: "detached", webhookUrl: `http://127.0.0.1:${port}/` });
  const found = readControlAddress(stateDirectory);
  if (found === undefined) throw new Error("the lab has ended");
  address = found;
  lab = createLabClient(readLabAddress(stateDirectory));
  control = createControlClient(found);
}, 90_000);

afterAll(() => {
  receiver.close();
  if (isProcessAlive(address.supervisorPid)) process.kill(address.supervisorPid, "SIGKILL");
  rmSync(stateDirectory, { recursive: true, force: true });
});

describe("a lab of real processes", { timeout: 150_000 }, () => {
  it("a second lab in the same state directory is refused", async () => {
    await expect(launchLab({ stateDirectory, seed: 1, mode: "detached" })).rejects.toMatchObject({
      code: "E_LAB_ALREADY_RUNNING",
    });
  });

  it("every process serves its metrics as Prometheus text", async () => {
    const { targets } = (await (await fetch(`${readLabAddress(stateDirectory).url}/v1/targets`)).json()) as {
      readonly targets: readonly { readonly kind: string; readonly port: number }[];
    };
    const texts = await Promise.all(
      targets.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    );

    expect(targets.map(({ kind }) => kind).sort()).toEqual([
      "app",
      "app",
      "app",
      "billing",
      "lb",
      "load",
      "nightly-report",
    ]);
    for (const text of texts) expect(text).toMatch(/^lab_\w+(\{.*\})? [\d.e+-]+$/m);
  });

  it("under CIRCUIT the alert is posted, waiting does not help, and restoring the breaker over HTTP does", async () => {
    await eventually("three windows at rest", async () => (await lab.readWindows()).windows.length >= 3);
    const { faultAtMs } = await control.injectFault("CIRCUIT", 3);
    await eventually("an alert was posted", () => posted.length > 0);
    const shareWaiting = await measureGoodShare(faultAtMs + 1_000, 5);

    const record = await runExampleAgent();
    // Traffic recovers over some windows, how many depends on the machine: the gain is waited for, never timed.
    let fromMs = record.endedAtMs;
    await eventually("restoring the breaker gains a quarter of the traffic", async () => {
      const shareAfter = await measureGoodShare(fromMs, 4);
      fromMs += 1_000;
      return shareAfter - shareWaiting > 0.25;
    });

    expect(posted[0]).toMatchObject({ version: "4", status: "firing" });
    expect(record.outcome).toBe("done");
    const episode = await control.readEpisode();
    expect(episode).toMatchObject({ fault: "CIRCUIT", seed: 3, decision: { response: "restore_breaker" } });
  });

  it("the referee's port refuses the agent's token", async () => {
    const { actionToken } = readLabAddress(stateDirectory);

    await expect(createControlClient({ ...address, controlToken: actionToken }).readEpisode()).rejects.toMatchObject({
      code: "E_LAB_TOKEN",
    });
  });

  it("after SIGKILL of the supervisor no process and no directory is left", async () => {
    const { targets } = (await (await fetch(`${readLabAddress(stateDirectory).url}/v1/targets`)).json()) as {
      readonly targets: readonly { readonly pid: number }[];
    };
    expect(existsSync(address.databaseDirectory)).toBe(true);

    process.kill(address.supervisorPid, "SIGKILL");

    await eventually(
      "all processes ended",
      () => ![address.postgresPid, ...targets.map(({ pid }) => pid)].some(isProcessAlive),
    );
    await eventually("the database's directory is gone", () => !existsSync(address.databaseDirectory));
    expect(readControlAddress(stateDirectory)).toBeUndefined();
  });
});
