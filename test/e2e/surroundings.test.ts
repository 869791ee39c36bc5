// What a command finds around it: the environment, the working folder, the user, and where its output goes.

import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { recordedContext } from "../../src/faces/cli/context.fixture.ts";
import { main } from "../../src/faces/cli/main.ts";
import { openInterlock } from "../../src/interlock.ts";
import { createE2eSite, type E2eSite, refusedWith } from "./e2e-site.fixture.ts";
import { logMoreTargets } from "./refused.fixture.ts";

const binary = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));
const verifier = fileURLToPath(new URL("../../bin/interlock-verify.js", import.meta.url));

let site: E2eSite;

beforeAll(async () => {
  site = await createE2eSite();
  await site.run("plan", "pack/proposals/log-more.json");
});

afterAll(() => site.remove());

/** Runs a command in this process with an environment of its own. */
async function runWith(environment: NodeJS.ProcessEnv, ...argv: readonly string[]) {
  const context = recordedContext({ cwd: site.folder, environment });
  const exitCode = await main(argv, () => context);
  return { exitCode, ...context.printed };
}

const keys = () => ({ INTERLOCK_IDENTITIES: join(site.folder, "identities") });

describe("a claim that cannot be read", () => {
  const claims = [
    "agent:bot@host",
    "Agent:bot",
    "agent: bot",
    "agents:bot",
    "service:cron job",
    "agent:",
    ":bot",
    "",
    " ",
    "agent:bot\n",
    "agent:bøt",
    "person:",
    `agent:${"x".repeat(200)}`,
  ];
  it.each(claims)("is refused, and makes nobody a person: %j", async (claim) => {
    const before = site.events().length;

    for (const argv of [
      ["approve", ...logMoreTargets],
      ["freeze", "--reason", "test"],
    ]) {
      const refused = await site.runAs({ actor: claim }, ...argv, "--json");
      expect([refusedWith(refused), refused.exitCode]).toEqual([["E_USAGE"], 64]);
    }
    expect(site.events()).toHaveLength(before);
  });

  it("is refused by every command, also by those that only read", async () => {
    const commands = [["runs"], ["trust"], ["apply"], ["check", "pack"], ["log", "verify"], ["config"], ["init", "x"]];

    for (const argv of commands) {
      const refused = await site.runAs({ actor: "agent:bot@host" }, ...argv, "--json");
      expect([argv, refusedWith(refused), refused.exitCode]).toEqual([argv, ["E_USAGE"], 64]);
    }
    expect((await site.runAs({ actor: "agent:bot@host" }, "runs")).err).toContain(
      "`agent:bot@host`, which names nobody",
    );
  });

  it("differs from one that can: an agent may not approve, and that is what it is told", async () => {
    const refused = await site.runAs({ actor: "agent:bot" }, "approve", ...logMoreTargets, "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_NOT_PERMITTED"], 77]);
  });

  it.each([
    [["identity", "create", "eve"], "`identity create` is refused: an agent may not approve"],
    [["store", "backup", "copy"], "`store backup` is refused: an agent may not archive"],
    [["store", "upgrade"], "`store upgrade` is refused: an agent may not archive"],
    [["freeze", "--reason", "test"], "E_NOT_PERMITTED an agent may not freeze"],
  ])("%j names the command that was typed, and lets a person do it", async (argv, says) => {
    const { err, exitCode } = await site.runAs({ actor: "agent:bot" }, ...argv);

    expect(exitCode).toBe(77);
    expect(err).toContain(says);
    expect(err).toContain("let a person do it");
  });
});

describe("a variable that names a folder", () => {
  it("is refused where it is relative: each folder would have a store, or keys, of its own", async () => {
    for (const environment of [{ ...keys(), INTERLOCK_STORE: "store" }, { INTERLOCK_IDENTITIES: "keys" }]) {
      const refused = await runWith(environment, "freeze", "--reason", "test", "--json");
      expect([refusedWith(refused), refused.exitCode]).toEqual([["E_USAGE"], 64]);
    }
    expect([existsSync(join(site.folder, "store")), existsSync(join(site.folder, "keys"))]).toEqual([false, false]);
  });

  it("counts as not set where it is empty: the store is the site's own", async () => {
    const { out } = await runWith({ ...keys(), INTERLOCK_STORE: "" }, "config", "--show-origin", "--json");

    const shown = JSON.parse(out).settings.find(({ name }: { name: string }) => name === "store");
    expect(shown).toMatchObject({ value: join(site.folder, ".interlock"), origin: "beside interlock.yaml" });
  });

  it.each(["", "config", "./.config"])("XDG_CONFIG_HOME=%j never leads into the working folder", async (given) => {
    const { out } = await runWith({ XDG_CONFIG_HOME: given }, "config", "--json");

    const shown = JSON.parse(out).settings.find(({ name }: { name: string }) => name === "identities");
    expect(shown.value).toMatch(/^\/.*\/\.config\/interlock\/identities$/);
    expect(shown.value.startsWith(site.folder)).toBe(false);
  });

  it.each([
    ["--store", "E_USAGE"],
    ["--config", "E_USAGE"],
  ])("an empty %s is no folder", async (option, code) => {
    const refused = await site.run(option, "", "runs", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([[code], 64]);
  });
});

/** Runs the program as another process of `sh`, so that the shell can prepare its surroundings. */
function sh(script: string, options: { readonly uid?: number; readonly home?: string; readonly out?: number } = {}) {
  const { uid, home = site.folder, out = "pipe" } = options;
  return spawnSync("/bin/sh", ["-c", script], {
    ...(uid === undefined ? {} : { uid, gid: uid }),
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      node: process.execPath,
      il: binary,
      verify: verifier,
      site: site.folder,
    },
    stdio: ["ignore", out, "pipe"],
    encoding: "utf8",
  });
}

describe("a working folder that was removed", () => {
  const gone = 'mkdir -p "$site/gone" && cd "$site/gone" && rmdir "$site/gone" && "$node" "$il"';

  it("is told plainly", () => {
    const { status, stderr } = sh(`${gone} --config "$site/interlock.yaml" runs`);

    expect([status, stderr.split("\n")[0]]).toEqual([66, "E_INPUT_MISSING the working folder does not exist any more"]);
  });

  it("does not matter to the help", () => {
    const { status, stdout } = sh(`${gone} help runs`);

    expect([status, stdout.startsWith("Usage: interlock runs")]).toEqual([0, true]);
  });

  it("is an answer of the door, and no exception", async () => {
    const cwd = vi.spyOn(process, "cwd").mockImplementation(() => {
      throw Object.assign(new Error("uv_cwd"), { code: "ENOENT", syscall: "uv_cwd" });
    });
    try {
      const opened = await openInterlock({ config: null });

      expect(opened).toMatchObject({ ok: false, error: [{ code: "E_SYSTEM" }] });
    } finally {
      cwd.mockRestore();
    }
  });
});

describe.skipIf(!existsSync("/dev/full"))("output that nobody can keep", () => {
  it.each(['"$node" "$il" --version', '"$node" "$verify" "$site/export"'])("is told on stderr: %s", async (script) => {
    site.write("export", (await site.run("log", "export")).out);

    const { status, stderr } = sh(`${script} >/dev/full`);

    expect([status, /ENOSPC/.test(stderr)]).toEqual([1, true]);
    expect(stderr.trim().split("\n").length).toBeLessThan(4);
  });
});

/** Whether another user may start what is tested here, which a checkout in a private folder does not allow. */
function mayBecomeOther(): boolean {
  if (process.getuid?.() !== 0) return false;
  return spawnSync(process.execPath, [binary, "--version"], { uid: 12_345, gid: 12_345, stdio: "ignore" }).status === 0;
}

describe.skipIf(!mayBecomeOther())("a user without a name", () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "interlock-nobody-"));
    chownSync(home, 12_345, 12_345);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const as = (script: string) => sh(`cd "$HOME" && ${script}`, { uid: 12_345, home });

  it("is called by its number", () => {
    const { stdout, stderr } = as('"$node" "$il" identity create me --unattended');

    expect([stdout, stderr]).toEqual([expect.stringContaining("created `me` for uid-12345"), ""]);
  });

  it("and without a home is told what to set", () => {
    const { status, stderr } = as('HOME= "$node" "$il" identity list');

    expect([status, stderr.split("\n").slice(0, 2)]).toEqual([
      64,
      [
        "E_USAGE this user has no home folder, so there is no place for keys",
        "  → set HOME or INTERLOCK_IDENTITIES to an absolute path",
      ],
    ]);
  });
});

it("the person behind a key is the one that INTERLOCK_ACTOR names", async () => {
  const { out } = await site.runAs({ actor: "svc" }, "identity", "create", "other", "--unattended");

  expect(out).toContain("created `other` for svc");
});

it("a temporary folder that is not there is told as what it is, and not as a fault of the disk", async () => {
  const before = process.env["TMPDIR"];
  const copy = join(site.folder, "copy");
  await site.run("store", "backup", copy);
  process.env["TMPDIR"] = join(site.folder, "nowhere");
  try {
    const { err, exitCode } = await site.run("store", "drill", copy);

    expect([exitCode, err.split("\n")[0]]).toEqual([1, expect.stringMatching(/^E_SYSTEM .*`mkdtemp`.*ENOENT/)]);
    expect(err).not.toContain("disk");
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
});
