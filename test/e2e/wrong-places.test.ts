// Paths that lead nowhere, and output that nobody can keep.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createE2eSite, type E2eSite, refusedWith } from "./e2e-site.fixture.ts";

const binary = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));

let site: E2eSite;

beforeAll(async () => {
  site = await createE2eSite();
});

afterAll(() => site.remove());

describe("a store that is named and does not exist", () => {
  it.each([
    [["runs"]],
    [["locks"]],
    [["actions", "list"]],
    [["grants"]],
    [["resume"]],
    [["freeze"]],
    [["show"]],
    [["log", "verify"]],
    [["watch"]],
  ])("is missing input to `%s`, and is not created", async (words) => {
    const nowhere = join(site.folder, "nowhere");

    const refused = await site.run("--store", nowhere, ...words, "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
    expect(existsSync(nowhere)).toBe(false);
  });

  it("and lies below a file is told as a wrong path, not as an owner that does not answer", async () => {
    const below = join(site.folder, "interlock.yaml", "store");

    const refused = await site.run("--store", below, "trust", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
  });

  it("and lies below a file is to be another folder: nothing can be created there", async () => {
    const { err } = await site.run("--store", join(site.folder, "interlock.yaml", "store"), "runs");

    expect(err).toMatch(/interlock\.yaml` is no folder: name another one for the store/);
    expect(err).not.toContain("next:");
  });
});

describe("a folder without a site", () => {
  it.each(["runs", "locks"])("is missing input to `%s`, and not a site in which nothing has happened", (command) => {
    const folder = mkdtempSync(join(tmpdir(), "no-site-"));

    const { status, stdout } = spawnSync(process.execPath, [binary, command], { cwd: folder, encoding: "utf8" });
    rmSync(folder, { recursive: true });

    expect([status, stdout]).toEqual([66, ""]);
  });
});

describe("a new site whose pack is about a system that must be running", () => {
  it("is told with what to start and what to set before the first plan", async () => {
    const folder = mkdtempSync(join(tmpdir(), "new-site-"));

    const made = await site.run("init", join(folder, "array"), "--pack", "storage-firmware");
    const plain = await site.run("init", join(folder, "plain"));
    rmSync(folder, { recursive: true });

    expect(made.out).toContain(
      "first: start what the pack is about, as pack/README.md says, and set ARRAY_TOKEN and ARRAY_READ_TOKEN\n",
    );
    expect(plain.out).not.toContain("first:");
  });
});

describe.skipIf(!existsSync("/dev/full"))("output that cannot be written", () => {
  it.each([[["runs"]], [["log", "export"]], [["doctor"]]])("is told by `%s` on stderr, with a code", (words) => {
    const full = openSync("/dev/full", "w");

    const { status, stderr } = spawnSync(
      process.execPath,
      [binary, "--store", join(site.folder, ".interlock"), ...words],
      {
        cwd: site.folder,
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      },
    );

    expect([status, stderr.match(/E_OUTPUT_LOST/g)?.length]).toEqual([1, 1]);
    expect(stderr).toContain("ENOSPC");
  });
});

describe("a wrong call", () => {
  it("is told with its code on the terminal, as everything that is refused", async () => {
    const { err, exitCode } = await site.run("plan", "x.json", "--no-such-option");

    expect([exitCode, err.startsWith("E_USAGE unknown option")]).toEqual([64, true]);
  });

  it("that asks for two graphs at once is refused", async () => {
    expect((await site.run("show", "--dot", "--mermaid")).exitCode).toBe(64);
  });

  it("that names a taken identity is told so before a passphrase is asked for", async () => {
    const taken = await site.run("identity", "create", "alice", "--json");
    const free = await site.run("identity", "create", "carol");

    expect(refusedWith(taken)).toEqual(["E_IDENTITY_EXISTS"]);
    expect(free.err).toMatch(/E_TERMINAL_MISSING .*\n.*`--unattended` makes a key/);
  });

  it("that names a folder of archives that is not there is missing input", async () => {
    const refused = await site.run("log", "verify", "--archive", join(site.folder, "nowhere"), "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
  });

  it("that grants half a write names the option that was typed", async () => {
    const { err } = await site.run("grant", "--actions", "a", "--targets", "config/app", "--writes", "1.5");

    expect(err).toContain("`--writes` is a whole number of writes");
  });
});

describe("a machine without the programs that see a file's attributes", () => {
  it("is noted by doctor before anything is approved, and one that has them is not", async () => {
    const before = await site.run("doctor");
    vi.stubEnv("PATH", join(site.folder, "nowhere"));
    const without = await site.run("doctor");
    vi.unstubAllEnvs();

    expect(before.out).not.toContain("GNU");
    expect(without.out).toContain("this machine has no GNU tar and no GNU cp");
  });
});

describe("the stand-alone verifier", () => {
  const verifier = fileURLToPath(new URL("../../bin/interlock-verify.js", import.meta.url));

  it("reads an export from stdin, and says why a file cannot be read", async () => {
    const { out } = await site.run("log", "export");

    const piped = spawnSync(process.execPath, [verifier, "-"], { input: out, encoding: "utf8" });
    const absent = spawnSync(process.execPath, [verifier, "/nope"], { encoding: "utf8" });

    expect([piped.status, piped.stderr]).toEqual([0, ""]);
    expect([absent.status, absent.stderr.includes("ENOENT")]).toEqual([66, true]);
  });
});
