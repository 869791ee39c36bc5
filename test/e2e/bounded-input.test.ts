// Names that lead to something without an end, or to something that never begins.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createE2eSite, type E2eSite, refusedWith } from "./e2e-site.fixture.ts";

let site: E2eSite;
let pipe: string;

beforeAll(async () => {
  site = await createE2eSite();
  pipe = join(site.folder, "pipe");
  execFileSync("mkfifo", [pipe]);
});

afterAll(() => site.remove());

describe("a device without an end", () => {
  it.each([
    [["plan", "/dev/zero"], "E_JSON_SIZE"],
    [["check", "/dev/zero"], "E_JSON_SIZE"],
    [["decide", "/dev/zero"], "E_JSON_SIZE"],
    [["identity", "import", "carol", "/dev/zero"], "E_JSON_SIZE"],
    [["calibrate", "--situation", "interlock.yaml", "/dev/zero"], "E_JSON_SIZE"],
    [["show", "/dev/zero"], "E_PLAN_UNKNOWN"],
    [["apply", "/dev/zero"], "E_PLAN_UNKNOWN"],
    [["store", "restore", "/dev/zero", "--reason", "x"], "E_ARCHIVE"],
    [["--config", "/dev/zero", "runs"], "E_INPUT_MISSING"],
  ])("is refused: %j", async (argv, code) => {
    const refused = await site.run(...argv, "--json");

    expect(refusedWith(refused)).toContain(code);
  });
});

it("incidents without an end are refused with the limit of a file of them", async () => {
  const refused = await site.run("calibrate", "--situation", "interlock.yaml", "/dev/zero");

  expect(refused.err).toContain("one may have 256 MB, and each line of it 1 MB");
});

describe("a pipe that nobody reads", () => {
  it("is refused as the file of a plan and of a proposal, and nothing waits", async () => {
    const planned = await site.run("plan", "pack/proposals/log-more.json", "--out", pipe, "--json");

    expect(refusedWith(planned)).toEqual(["E_INPUT_MISSING"]);
  });
});

describe("a pipe that nobody writes into", () => {
  it("in place of the store keeps no command waiting", async () => {
    const other = join(site.folder, "piped");
    execFileSync("mkdir", [other]);
    execFileSync("mkfifo", [join(other, "log.sqlite")]);
    for (const argv of [["runs"], ["doctor"], ["trust"], ["store", "drill", other], ["log", "verify"]]) {
      const refused = await site.run("--store", other, ...argv, "--json");
      expect([argv, `${refused.out}${refused.err}`]).toEqual([argv, expect.stringContaining("is a named pipe")]);
    }
  });

  it.each([
    [["show"], "E_PLAN_UNKNOWN"],
    [["apply"], "E_PLAN_UNKNOWN"],
    [["store", "restore", "--reason", "x"], "E_ARCHIVE"],
  ])("is refused at once: %j", async (argv, code) => {
    const refused = await site.run(...argv, pipe, "--json");

    expect(refusedWith(refused)).toEqual([code]);
  });

  it("in place of a key is refused, and hides no other key's approval", async () => {
    const key = join(site.folder, "identities", "mallory.json");
    execFileSync("mkfifo", [key]);
    try {
      expect(refusedWith(await site.run("identity", "list", "--json"))).toEqual(["E_IDENTITY_UNREADABLE"]);
    } finally {
      execFileSync("rm", [key]);
    }
  });

  it("in a pack is refused, and so is one in place of a situation", async () => {
    const inPack = join(site.folder, "pack", "late.yaml");
    execFileSync("mkfifo", [inPack]);
    try {
      expect(refusedWith(await site.run("trust", "--json"))).toEqual(["E_PACK_FILE"]);
    } finally {
      execFileSync("rm", [inPack]);
    }
  });

  it("in place of the store's head is damage, and no wait", async () => {
    const other = join(site.folder, "other");
    await site.run("--store", other, "trust");
    execFileSync("rm", [join(other, "log.head")]);
    execFileSync("mkfifo", [join(other, "log.head")]);

    expect(refusedWith(await site.run("--store", other, "log", "verify", "--json"))).toEqual(["E_STORE_CORRUPT"]);
  });
});

it("a cassette, a workflow and a proposal of a proposer are bounded as all other files", async () => {
  const before = site.read("interlock.yaml");
  const kinds = [
    "kind: file, file: /dev/zero",
    "kind: workflow, file: /dev/zero",
    "kind: cassette, file: /dev/zero, model: m",
  ];
  for (const kind of kinds) {
    site.write("interlock.yaml", `${before}proposers: { p: { ${kind} } }\n`);
    const refused = await site.run("propose", "less load", "--json");
    expect([kind, refused.exitCode === 0]).toEqual([kind, false]);
  }
  site.write("interlock.yaml", before);
});

it.each([
  [["plan", "x", "--proposer-kind", "model\n✔ done"]],
  [["pla\n✔ done"]],
  [["check", "one", "two\n✔ done", "three"]],
  [["runs", "--no\n✔ done"]],
])("a complaint of the option parser stays on its row: %j", async (argv) => {
  const refused = await site.run(...argv);

  expect(refused.err.split("\n").filter((row) => row.startsWith("✔"))).toEqual([]);
  expect(refused.exitCode).not.toBe(0);
});
