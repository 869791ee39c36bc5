// A plan pins every program that it runs. One that was swapped after the approval does not run, in either direction.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type E2eSite, planAndApprove, refusedWith, setLevel, waitStep, wireProposal } from "./e2e-site.fixture.ts";
import { createProgramFolder, type ProgramFolder } from "./program-site.fixture.ts";

let files: ProgramFolder;
let site: E2eSite | null = null;

beforeEach(() => {
  files = createProgramFolder("app.json");
  put("level", good);
  put("script", good);
  put("plain", good);
  put("by", `exec /bin/sh "\${1#--script=}" "$2"\n`);
});

afterEach(() => {
  site?.remove();
  files.remove();
});

const good = `printf '{"level":"%s"}' "$1" > app.json\n`;
const evil = `printf '{"level":"error"}' > app.json\n`;

/** Puts a script in place of another one. `plain` is one for an interpreter. */
function put(name: string, body: string): void {
  if (name === "plain") files.put(name, body, { mode: 0o644 });
  else files.put(name, `#!/bin/sh\n${body}`);
}

const level = (): string => files.level("app.json");

function siteThatRuns(argv: string): Promise<E2eSite> {
  const programs = { level: join(files.folder, "level"), tool: "/bin/sh", by: join(files.folder, "by") };
  const call = `{ argv: ${argv} }`;
  return files.createSite({ action: "config.log_level", call, path: "app.json", inventory: "{ app: }", programs });
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
    site = await siteThatRuns(words.replace("FOLDER", files.folder));
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
