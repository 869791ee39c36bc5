// Every option that names a file for output, tried on files that somebody needs.
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createE2eSite, type E2eSite, refusedWith } from "./e2e-site.fixture.ts";

let site: E2eSite;

const cassette =
  '{"format":"interlock.proposal-cassette/1","request":"any","source":"hand","model":"m","text":"no JSON"}\n';

beforeEach(async () => {
  site = await createE2eSite();
  site.write("taped.jsonl", cassette);
  site.edit(
    "interlock.yaml",
    "format:",
    "proposers: { taped: { kind: cassette, file: taped.jsonl, model: m } }\nformat:",
  );
  await site.run("trust");
});

afterEach(() => site.remove());

const plan = ["plan", "pack/proposals/log-more.json"] as const;
const propose = ["propose", "--goal", "config.app.log_level == debug"] as const;

const writers: readonly (readonly string[])[] = [
  [...plan, "--out"],
  [...propose, "--out"],
  [...propose, "--record"],
  ["calibrate", "taped.jsonl", "--situation", "taped.jsonl", "--out"],
  ["calibrate", "taped.jsonl", "--situation", "taped.jsonl", "--chart"],
  ["report-fault", "--out"],
];

describe.each(writers.map((argv) => ({ argv, name: argv.join(" ") })))("$name", ({ argv }) => {
  it.each(["olivia", "agent:bot"])("keeps every file that exists, by %s", async (actor) => {
    site.write("backup.sqlite", "a copy of the store");
    symlinkSync(join(site.folder, "conf/app.json"), join(site.folder, "link"));
    const asked = [
      ".interlock/log.sqlite",
      ".interlock/log.head",
      ".interlock/new",
      "identities/alice.json",
      "identities/mallory.json",
      "interlock.yaml",
      "pack/domain.yaml",
      "pack/new.json",
      "backup.sqlite",
      "link",
    ];
    const before = asked.map((path) => bytesOf(path));

    for (const path of asked) {
      const refused = await site.runAs({ actor }, ...argv, path);
      expect([path, refused.exitCode, refused.err]).toEqual([
        path,
        64,
        expect.stringMatching(/E_FILE_EXISTS|so nothing is written there/),
      ]);
    }
    expect(asked.map((path) => bytesOf(path))).toEqual(before);
  });
});

function bytesOf(path: string): string | null {
  const file = join(site.folder, path);
  return existsSync(file) ? readFileSync(file, "latin1") : null;
}

it("a plan's file is replaced by a person who says so, and by no agent", async () => {
  expect((await site.run(...plan, "--out", "plan.json")).exitCode).toBe(0);
  site.write("plan.json", "old");

  const byAgent = await site.runAs({ actor: "agent:bot" }, ...plan, "--out", "plan.json", "--force", "--json");
  expect(refusedWith(byAgent)).toEqual(["E_PERSON_REQUIRED"]);
  expect(site.read("plan.json")).toBe("old");
  expect((await site.run(...plan, "--out", "plan.json", "--force")).exitCode).toBe(0);
  expect(site.read("plan.json")).toContain("interlock.plan");
});

it("nobody is asked for a proposal that could not be kept, and no plan is recorded", async () => {
  const count = site.events().length;

  await site.run(...propose, "--out", "taped.jsonl");
  await site.run(...plan, "--out", "taped.jsonl");

  expect(site.events()).toHaveLength(count);
  expect(site.read("taped.jsonl")).toBe(cassette);
});

it("even a person who forces it writes nothing into the store, the keys, the pack or the configuration", async () => {
  for (const path of [".interlock/log.head", "identities/alice.json", "pack/domain.yaml", "interlock.yaml"]) {
    const before = bytesOf(path);
    expect(refusedWith(await site.run(...plan, "--out", path, "--force", "--json"))).toEqual(["E_USAGE"]);
    expect(bytesOf(path)).toBe(before);
  }
  expect(readdirSync(join(site.folder, "pack")).filter((name) => name.endsWith(".part"))).toEqual([]);
});
