// A file that a plan changes is no file that it may pin: the run's own first write would forbid its next step and its
// way back.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  type Printed,
  planAndApprove,
  refusedWith,
  wireArgs,
  wireProposal,
  wireStep,
} from "./e2e-site.fixture.ts";

let folder: string;
let site: E2eSite | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-pinned-data-"));
  for (const name of ["one.json", "two.json"]) writeFileSync(join(folder, name), '{"level":"info"}');
  writeFileSync(join(folder, "set"), `#!/bin/sh\nprintf '{"level":"%s"}' "$2" > "$1"\n`);
  chmodSync(join(folder, "set"), 0o755);
});

afterEach(() => {
  site?.remove();
  rmSync(folder, { recursive: true });
});

async function plan(call: string, steps: readonly object[]): Promise<Printed> {
  site = await createE2eSite({
    domain: `
format: interlock.domain/1
name: levels
version: "1"
environment: lab
connections: { disk: { connector: file }, tools: { connector: process } }
types:
  config:
    facts: { level: [debug, info, warn] }
    observe:
      uses: disk/read
      with: { path: { $property: path }, as: json }
      facts: { level: /value/level }
      fingerprint: [/path]
inventory: { config: { one: { path: one.json }, two: { path: two.json } } }
actions:
  config.set:
    class: reversible
    uses: tools/run
    with: ${call}
    target: config
    input: { config: { object: config }, level: [debug, info, warn] }
    effect: [self.level = arg.level]
    post: { expect: self.level == arg.level, within: 1s, every: 50ms }
    compensate: { action: config.set, args: { level: { before: level } } }
    landsWithin: 1s
`,
    connections: {
      disk: { settings: { root: folder } },
      tools: { settings: { cwd: folder, programs: { set: join(folder, "set") } } },
    },
  });
  writeFileSync(join(site.folder, "proposal.json"), wireProposal(steps));
  return site.run("plan", "proposal.json", "--json");
}

const set = (id: string, config: string, after: readonly string[] = []): object =>
  wireStep(id, { action: "config.set", args: wireArgs({ config, level: "debug" }), after });

const both = [set("first", "one"), set("second", "two", ["first"])];

const level = (name: string): string => JSON.parse(readFileSync(join(folder, name), "utf8")).level;

describe("a data file that a program is given, and that the step changes", () => {
  it("is refused when the plan is made, and the refusal names `unpinned`", async () => {
    const refused = await plan("{ argv: [set, { $property: path }, { $arg: level }] }", both);

    expect(refusedWith(refused)).toEqual(["E_PROGRAM_WRITTEN", "E_PROGRAM_WRITTEN"]);
    expect(refused.exitCode).toBe(10);
    expect(refused.out).toMatch(/one\.json` is pinned as a file of a program, and the step first changes it/);
    expect(refused.out).toContain("list the file under `unpinned`");
  });

  it("is changed step by step where the template lists the property under `unpinned`", async () => {
    const call = "{ argv: [set, { $property: path }, { $arg: level }], unpinned: [{ $property: path }] }";
    await plan(call, both);
    if (site === null) throw new Error("there is a site");
    await planAndApprove(site, wireProposal(both));

    const applied = await site.run("apply", "last");

    expect(applied.exitCode).toBe(0);
    expect([level("one.json"), level("two.json")]).toEqual(["debug", "debug"]);
  });

  it("is refused also where it may be executed, since what runs is always pinned", async () => {
    chmodSync(join(folder, "one.json"), 0o755);
    const call = "{ argv: [set, { $property: path }, { $arg: level }], unpinned: [{ $property: path }] }";

    const refused = await plan(call, both);

    expect(refusedWith(refused)).toEqual(["E_PROGRAM_WRITTEN"]);
    expect(refused.out).toContain("what runs is always pinned");
  });
});

it("no argument of a step says what is not pinned", async () => {
  const planned = plan("{ argv: [set, one.json, { $arg: level }], unpinned: [{ $arg: level }] }", [
    set("first", "one"),
  ]);

  await expect(planned).rejects.toThrow("only the pack says which files are not pinned");
});
