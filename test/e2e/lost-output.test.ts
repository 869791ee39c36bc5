// Output that nobody reads, or that cannot be written: what the exit code still says.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  setLevel,
  setWorkers,
  waitStep,
  wireProposal,
} from "./e2e-site.fixture.ts";
import { createGatedSite, setGate, throughGate } from "./gate.fixture.ts";

const binary = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

/** Runs a line of a shell in the site, in which `$il` starts the program. A pipe's exit code is its worst. */
function shell(line: string): { readonly exitCode: number | null; readonly err: string } {
  const { status, stderr } = spawnSync("bash", ["-c", `set -o pipefail; ${line.replaceAll("$il", '"$node" "$il"')}`], {
    cwd: site.folder,
    encoding: "utf8",
    env: {
      ...process.env,
      node: process.execPath,
      il: binary,
      INTERLOCK_IDENTITIES: join(site.folder, "identities"),
      INTERLOCK_ACTOR: "olivia",
      INTERLOCK_NO_INPUT: "1",
      NO_COLOR: "1",
    },
  });
  return { exitCode: status, err: stderr };
}

const louder = wireProposal([setLevel("louder", "debug")]);

describe("a reader that goes away", () => {
  it("does not turn a refusal into a success", () => {
    expect(shell("$il apply pl_000000000000 2>&1 | true").exitCode).toBe(66);
    expect(shell("$il show | true").exitCode).toBe(66);
  });

  it("changes nothing about a command that went well, and says nothing", () => {
    expect(shell("$il runs | true")).toEqual({ exitCode: 0, err: "" });
  });

  it("leaves an export that is not complete, and its exit code says so", () => {
    expect(shell("$il log export | true").exitCode).toBe(1);
  });
});

describe.skipIf(!existsSync("/dev/full"))("output that cannot be written", () => {
  it("is no success of the run that goes on meanwhile: exit 1, and the run has succeeded", async () => {
    await planAndApprove(site, louder);

    const { exitCode, err } = shell("$il apply > /dev/full");

    expect([exitCode, err.match(/E_OUTPUT_LOST/g)?.length]).toEqual([1, 1]);
    expect(site.events().at(-1)).toMatchObject({ kind: "run_ended", outcome: "succeeded" });
  });

  it("is the same where nothing is left to tell it in", async () => {
    await planAndApprove(site, louder);

    expect(shell("$il apply > /dev/full 2>&1").exitCode).toBe(1);
    expect(site.events().at(-1)).toMatchObject({ kind: "run_ended", outcome: "succeeded" });
  });

  it("leaves a run that did not succeed its own exit code, which says more", async () => {
    site.remove();
    site = await createGatedSite();
    await planAndApprove(site, wireProposal([setLevel("louder", "debug"), throughGate("shut", { after: ["louder"] })]));
    // The step that waits for the gate fails, so what was done before is undone.
    setGate(site, "closed");

    expect(shell("$il apply --json > /dev/full").exitCode).toBe(20);
  });
});

describe("a run that was stopped after it had written", () => {
  it("says with its exit code what it leaves written, and so does `watch`", async () => {
    await planAndApprove(
      site,
      wireProposal([
        setLevel("louder", "debug"),
        setWorkers("more", 8, { after: ["louder"] }),
        waitStep("pause", 60_000, { after: ["more"] }),
      ]),
    );
    const applying = site.start("apply");
    await applying.shown("(pause) begins");

    await site.run("stop", "last", "--reason", "enough");
    const { exitCode, out } = await applying.ended;

    expect(exitCode).toBe(24);
    expect(out).toContain("who says “enough”; written and not undone: louder, more\n");
    expect((await site.run("watch", "--once")).out).toContain("; written and not undone: louder, more\n");
  });
});
