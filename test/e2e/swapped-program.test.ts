// A plan pins every program that it runs. One that was swapped after the approval does not run, in either direction.
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  waitStep,
  wireProposal,
} from "./e2e-site.fixture.ts";

let folder: string;
let site: E2eSite | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-programs-"));
  writeFileSync(join(folder, "app.json"), JSON.stringify({ level: "info" }));
  put("level", good);
  put("script", good);
  put("plain", good);
  put("by", `exec /bin/sh "\${1#--script=}" "$2"\n`);
});

afterEach(() => {
  site?.remove();
  rmSync(folder, { recursive: true });
});

const good = `printf '{"level":"%s"}' "$1" > app.json\n`;
const evil = `printf '{"level":"error"}' > app.json\n`;

/** Writes a script as another file under the same name, as an installer does. `plain` is one for an interpreter. */
function put(name: string, body: string): void {
  const isPlain = name === "plain";
  writeFileSync(join(folder, `${name}.new`), isPlain ? body : `#!/bin/sh\n${body}`);
  chmodSync(join(folder, `${name}.new`), isPlain ? 0o644 : 0o755);
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

const level = (): string => JSON.parse(readFileSync(join(folder, "app.json"), "utf8")).level;

async function siteThatRuns(argv: string): Promise<E2eSite> {
  const action = (name: string, words: string) => `
  ${name}:
    class: reversible
    uses: tools/run
    with: { argv: ${words} }
    target: config
    input: { config: { object: config }, level: [debug, info, warn, error] }
    effect: [self.level = arg.level]
    post: { expect: self.level == arg.level, within: 1s, every: 50ms }
    compensate: { action: ${name}, args: { level: { before: level } } }
    landsWithin: 1s`;
  return createE2eSite({
    domain: `
format: interlock.domain/1
name: levels
version: "1"
environment: lab
connections: { disk: { connector: file }, tools: { connector: process } }
types:
  config:
    facts: { level: [debug, info, warn, error] }
    observe:
      uses: disk/read
      with: { path: app.json, as: json }
      facts: { level: /value/level }
      fingerprint: [/path]
inventory: { config: { app: } }
actions:${action("config.log_level", argv)}
`,
    connections: {
      disk: { settings: { root: folder } },
      tools: {
        settings: { cwd: folder, programs: { level: join(folder, "level"), tool: "/bin/sh", by: join(folder, "by") } },
      },
    },
  });
}

const approvedHash = (): string =>
  site?.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "none";

describe.each([
  ["a program that the site lists", "level", "[level, { $arg: level }]"],
  ["a script that a program is given", "script", "[tool, FOLDER/script, { $arg: level }]"],
  ["a plain text that an interpreter is given", "plain", "[tool, FOLDER/plain, { $arg: level }]"],
  ["a plain text by its relative name", "plain", "[tool, plain, { $arg: level }]"],
  ["a plain text behind an option", "plain", "[by, --script=FOLDER/plain, { $arg: level }]"],
])("%s", (_, name, words) => {
  beforeEach(async () => {
    site = await siteThatRuns(words.replace("FOLDER", folder));
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
  });

  it("runs where it is what was approved", async () => {
    expect((await site?.run("apply", approvedHash()))?.exitCode).toBe(0);
    expect(level()).toBe("debug");
  });

  it("does not run once it was swapped, and the refusal says what was expected and what was found", async () => {
    put(name, evil);

    const refused = await site?.run("apply", approvedHash(), "--json");
    const signed = await site?.run("approve", approvedHash(), "--target", "config.log_level config/app", "--json");

    if (refused === undefined || signed === undefined) throw new Error("there is a site");
    expect([refusedWith(refused), refusedWith(signed)]).toEqual([["E_PROGRAM_CHANGED"], ["E_PROGRAM_CHANGED"]]);
    expect(refused.exitCode).toBe(12);
    expect(refused.out).toMatch(new RegExp(`${name}\` is not the file .*expected sha256:[0-9a-f]{64}, found sha256:`));
    expect(level()).toBe("info");
  });

  it("does not run in the middle of a run once it was swapped, nor to undo what it did", async () => {
    const steps = [
      setLevel("louder", "debug"),
      waitStep("pause", 400, { after: ["louder"] }),
      setLevel("quieter", "warn", { after: ["pause"] }),
    ];
    if (site === null) throw new Error("there is a site");
    await planAndApprove(site, wireProposal(steps));
    const hash =
      site
        .events()
        .flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))
        .at(-1) ?? "";
    const applying = site.run("apply", hash);
    await expect.poll(() => site?.events().some(({ kind }) => kind === "wait_started"), { timeout: 5_000 }).toBe(true);
    put(name, evil);

    const { exitCode } = await applying;

    expect(exitCode).not.toBe(0);
    expect(level()).toBe("debug");
    expect(JSON.stringify(site.events())).toContain("E_PROGRAM_CHANGED");
  });
});
