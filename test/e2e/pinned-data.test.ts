// A file that a plan changes is no file that it may pin: the run's own first write would forbid its next step and its
// way back.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type E2eSite,
  type Printed,
  planAndApprove,
  refusedWith,
  wireArgs,
  wireProposal,
  wireStep,
} from "./e2e-site.fixture.ts";
import { createProgramFolder, type ProgramFolder } from "./program-site.fixture.ts";

let files: ProgramFolder;
let site: E2eSite | null = null;

beforeEach(() => {
  files = createProgramFolder("one.json", "two.json");
  files.put("set", `#!/bin/sh\nprintf '{"level":"%s"}' "$2" > "$1"\n`);
});

afterEach(() => {
  site?.remove();
  files.remove();
});

async function plan(call: string, steps: readonly object[]): Promise<Printed> {
  site = await files.createSite({
    action: "config.set",
    call,
    path: "{ $property: path }",
    inventory: "{ one: { path: one.json }, two: { path: two.json } }",
    programs: { set: join(files.folder, "set") },
  });
  writeFileSync(join(site.folder, "proposal.json"), wireProposal(steps));
  return site.run("plan", "proposal.json", "--json");
}

const set = (id: string, config: string, after: readonly string[] = []): object =>
  wireStep(id, { action: "config.set", args: wireArgs({ config, level: "debug" }), after });

const both = [set("first", "one"), set("second", "two", ["first"])];

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
    expect([files.level("one.json"), files.level("two.json")]).toEqual(["debug", "debug"]);
  });

  it("is refused also where it may be executed, since what runs is always pinned", async () => {
    chmodSync(join(files.folder, "one.json"), 0o755);
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
