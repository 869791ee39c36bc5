// Approving at a real terminal: a passphrase is typed without echo, a target's name is typed, a question is answered.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compileCache } from "../support/compile-cache.ts";
import { createE2eSite, type E2eSite } from "./e2e-site.fixture.ts";
import { logMoreTargets } from "./refused.fixture.ts";

const binary = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));
// `script` of util-linux gives a command a terminal of its own. Without it, these tests are skipped.
const hasTerminal = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;
const passphrase = "correct horse battery";

let site: E2eSite;
beforeEach(async () => {
  site = await createE2eSite();
});
afterEach(() => site.remove());

interface Typing {
  readonly exitCode: number;
  readonly screen: string;
}

/** Types at a terminal: each answer once its prompt is on the screen. */
function typeAt(argv: readonly string[], answers: readonly (readonly [string, string])[]): Promise<Typing> {
  // A fresh terminal has no width, and prompts would wrap after every letter.
  const command = `stty cols 120 rows 40; ${[process.execPath, binary, ...argv].map((word) => `'${word}'`).join(" ")}`;
  const env = {
    PATH: process.env["PATH"],
    HOME: site.folder,
    XDG_CONFIG_HOME: site.folder,
    INTERLOCK_IDENTITIES: `${site.folder}/identities`,
    INTERLOCK_ACTOR: "olivia",
    TERM: "xterm",
    SHELL: "/bin/sh",
    ...compileCache(),
  };
  const child: ChildProcess = spawn("script", ["-qec", command, "/dev/null"], {
    cwd: site.folder,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  let answered = 0;
  let seen = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
    const [prompt, answer] = answers[answered] ?? [];
    if (prompt === undefined || !screen.slice(seen).includes(prompt)) return;
    seen = screen.length;
    answered += 1;
    child.stdin?.write(answer);
  });
  return new Promise((resolve, reject) => {
    // If a prompt never comes, the failure shows what came instead.
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`waiting for ${answers[answered]?.[0] ?? "the end"}: ${screen}`));
    }, 15_000);
    child.on("error", reject).on("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode: exitCode ?? -1, screen });
    });
  });
}

describe.skipIf(!hasTerminal)("at a terminal", () => {
  it("a passphrase makes a key, a review shows the plan, and the passphrase signs it; it is never shown", {
    timeout: 60_000,
  }, async () => {
    site.edit("pack/domain.yaml", "environment: lab", "environment: production");
    await site.run("trust");
    const created = await typeAt(
      ["identity", "create", "bob", "--person", "bob"],
      [
        ["new passphrase for bob", `${passphrase}\r`],
        ["once more: ", `${passphrase}\r`],
      ],
    );
    await site.run("plan", "pack/proposals/log-more.json");

    const approved = await typeAt(
      ["approve", "last", "--as", "bob", "--yes"],
      [
        ["type config.log_level config/app", "config.log_level config/app\r"],
        ["type config.workers config/app", "config.workers config/app\r"],
        ["passphrase of bob: ", `${passphrase}\r`],
      ],
    );
    const applied = await site.run("apply");

    expect(created.exitCode).toBe(0);
    expect(approved.screen).toContain("1 ! log_level info → debug on config/app");
    expect(approved.screen).toMatch(/approved by bob until/);
    expect(approved.exitCode).toBe(0);
    expect(`${created.screen}${approved.screen}`).not.toContain(passphrase);
    expect([applied.exitCode, applied.err]).toEqual([0, expect.stringContaining("approved by bob)")]);
  });

  it("another passphrase, the target without the action, or Ctrl-C approve nothing", { timeout: 60_000 }, async () => {
    await typeAt(
      ["identity", "create", "bob", "--person", "bob"],
      [
        ["new passphrase for bob", `${passphrase}\r`],
        ["once more: ", `${passphrase}\r`],
      ],
    );
    await site.run("plan", "pack/proposals/log-more.json");

    const wrong = await typeAt(
      ["approve", "last", "--as", "bob", "--yes", ...logMoreTargets],
      [
        ["passphrase of bob: ", "wrong\r"],
        ["once more\r\npassphrase of bob: ", "wrong\r"],
        ["once more\r\npassphrase of bob: ", "wrong\r"],
      ],
    );
    const slipped = await typeAt(
      ["approve", "last", "--as", "bob", "--yes", ...logMoreTargets, "--valid-for", "1m"],
      [
        ["passphrase of bob: ", "wrong\r"],
        ["once more\r\npassphrase of bob: ", "\u0003"],
      ],
    );
    const misnamed = await typeAt(
      ["approve", "last", "--as", "bob", "--yes"],
      [["type config.log_level config/app", "config/app\r"]],
    );
    const interrupted = await typeAt(
      ["approve", "last", "--as", "bob", "--yes", ...logMoreTargets],
      [["passphrase of bob: ", "\u0003"]],
    );

    expect([wrong.exitCode, wrong.screen]).toEqual([11, expect.stringContaining("E_IDENTITY_LOCKED")]);
    expect(slipped.exitCode).toBe(130);
    expect([misnamed.exitCode, misnamed.screen]).toEqual([11, expect.stringContaining("E_APPROVAL_TARGET")]);
    expect([interrupted.exitCode, interrupted.screen]).toEqual([130, expect.stringContaining("E_INTERRUPTED")]);
    expect(site.events().filter(({ kind }) => kind === "approval_recorded")).toEqual([]);
  });
});

describe.runIf(!hasTerminal)("without `script`", () => {
  it.skip("the attended way is not tried here: install util-linux", () => undefined);
});
