// Hints name commands that can be typed as they stand. The site of these tests checks that for every command it runs.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hintedCommands, unknownWords } from "../support/command-names.ts";
import { createE2eSite, type E2eSite } from "./e2e-site.fixture.ts";
import { logMoreTargets } from "./refused.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

/** The first word of each command that a command's hints name. */
async function hinted(...argv: readonly string[]): Promise<readonly string[]> {
  const { out, err } = await site.start(...argv).ended;
  return hintedCommands(`${out}${err}`).map(([first = ""]) => first);
}

describe("hints", () => {
  it("lead from each command to the next one", async () => {
    expect(await hinted("trust")).toEqual(["plan"]);
    expect(await hinted("plan", "pack/proposals/log-more.json")).toEqual(["approve"]);
    expect(await hinted("apply")).toEqual(["approve"]);
    expect(await hinted("approve", "last", "--as", "alice", ...logMoreTargets)).toEqual(["apply"]);
    expect(await hinted("apply")).toEqual(["explain"]);
    expect(await hinted("aply")).toEqual(["help"]);
  });

  it("repeat the global options that were typed", async () => {
    const { out } = await site.start("--store", "my store", "trust").ended;

    expect(out).toContain("; next: interlock --store 'my store' plan PROPOSAL\n");
  });

  it("are recognised in what is printed, and so is a command that does not exist", () => {
    const words = hintedCommands("left as it stands; next: npx interlock aply run_1\n");

    expect(words).toEqual([["aply", "run_1"]]);
    expect(words.flatMap(unknownWords)).toEqual(["aply"]);
  });
});
