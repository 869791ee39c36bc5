// A backup that is written over the store's own files keeps their place and their numbers. What this user has seen of
// the log is remembered elsewhere, so nothing new is written until a person has accepted that records are missing.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordedContext } from "../../src/faces/cli/context.fixture.ts";
import { main } from "../../src/faces/cli/main.ts";
import {
  createE2eSite,
  type E2eSite,
  type Printed,
  planAndApprove,
  refusedWith,
  setLevel,
  typedForLast,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;
let hash: string;

beforeEach(async () => {
  site = await createE2eSite();
  await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
  hash = site.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "none";
  copyStore("store", "backup");
});

afterEach(() => site.remove());

/** Copies the files of a store into the files of another, as `cp` does: their numbers stay. */
function copyStore(from: "store" | "backup", to: "store" | "backup"): void {
  const folderOf = (name: "store" | "backup"): string => join(site.folder, name === "store" ? ".interlock" : "backup");
  mkdirSync(folderOf(to), { recursive: true });
  for (const name of ["log.sqlite", "log.sqlite-wal", "log.head"]) {
    const path = join(folderOf(from), name);
    if (existsSync(path)) copyFileSync(path, join(folderOf(to), name));
    else rmSync(join(folderOf(to), name), { force: true });
  }
}

const conf = (): string => site.read("conf/app.json");

/** Runs the plan, puts the target back, and writes the backup over the store. */
async function useAndRollBack(): Promise<void> {
  const before = conf();
  const applied = await site.run("apply", hash);
  expect(applied.exitCode).toBe(0);
  writeFileSync(join(site.folder, "conf/app.json"), before);
  copyStore("backup", "store");
}

it("an approval that was used does not run again after a backup was written over the store", async () => {
  await useAndRollBack();
  const before = conf();

  const refused = await site.run("apply", hash, "--json");

  expect(refusedWith(refused)).toEqual(["E_LOG_ROLLED_BACK"]);
  expect(refused.exitCode).toBe(13);
  expect(refused.out).toMatch(/\d+ records of this log were seen here before, and it holds \d+/);
  expect(conf()).toBe(before);
});

it("nothing new is written, however far the log has grown since, and doctor says why", async () => {
  await useAndRollBack();
  for (let count = 0; count < 20; count += 1) await site.run("freeze", "*", "--reason", "x");
  await site.run("unfreeze", "*", "--reason", "x");

  const refused = await site.run("apply", hash, "--json");
  const doctor = await site.run("doctor");

  expect(refusedWith(refused)).toEqual(["E_LOG_ROLLED_BACK"]);
  expect(refused.out).toContain("is not the one that was seen here before");
  expect([doctor.exitCode === 0, doctor.out]).toEqual([false, expect.stringContaining("E_LOG_ROLLED_BACK")]);
});

it("an older copy of the journal's file alone, without its head, is found as well", async () => {
  await useAndRollBack();
  rmSync(join(site.folder, ".interlock/log.head"));

  expect(refusedWith(await site.run("apply", hash, "--json"))).toEqual(["E_LOG_ROLLED_BACK"]);
});

it("a person accepts the log with a reason, and what was signed before counts no more", async () => {
  await useAndRollBack();

  expect(refusedWith(await site.runAs({ actor: "agent:bot" }, "anchor", "--log", "--reason", "x", "--json"))).toEqual([
    "E_NOT_PERMITTED",
  ]);
  const accepted = await site.run("anchor", "--log", "--reason", "the disk was restored from the backup");
  const old = await site.run("apply", hash, "--json");
  expect((await site.run("approve", hash, "--target", "config.log_level config/app")).exitCode).toBe(0);
  const applied = await site.run("apply", hash);

  expect(accepted.exitCode).toBe(0);
  expect(refusedWith(old)).toEqual(["E_APPROVAL_STORE"]);
  expect(applied.exitCode).toBe(0);
  expect(site.events()).toContainEqual(
    expect.objectContaining({ kind: "log_accepted", by: "olivia", reason: "the disk was restored from the backup" }),
  );
});

it("there is nothing to accept while the log holds what was seen of it, and a reason is needed", async () => {
  expect(refusedWith(await site.run("anchor", "--log", "--reason", "why not", "--json"))).toEqual([
    "E_INPUT_UNEXPECTED",
  ]);
  await useAndRollBack();
  expect(refusedWith(await site.run("anchor", "--log", "--reason", " ", "--json"))).toEqual(["E_USAGE"]);
});

it("the way back of a run that the log still knows stays open", async () => {
  const applied = await site.run("apply", hash);
  expect(applied.exitCode).toBe(0);
  copyStore("store", "backup");
  await planAndApprove(site, wireProposal([setLevel("louder", "warn")]));
  copyStore("backup", "store");

  expect((await site.run("rollback", "last")).exitCode).not.toBe(13);
  expect((await site.run("approve", "last", ...(await typedForLast(site)))).exitCode).toBe(0);
  const undone = await site.run("apply", "last");

  expect(undone.exitCode).toBe(0);
});

/** Runs a command as the same user, with another place for states: one environment variable. */
async function runElsewhere(states: string, ...argv: readonly string[]): Promise<Printed> {
  const environment = {
    PATH: process.env["PATH"],
    HOME: site.folder,
    XDG_CONFIG_HOME: site.folder,
    XDG_STATE_HOME: states,
    INTERLOCK_IDENTITIES: join(site.folder, "identities"),
    INTERLOCK_ACTOR: "olivia",
    INTERLOCK_NO_INPUT: "1",
  };
  const context = recordedContext({ cwd: site.folder, environment });
  const exitCode = await main(argv, () => context);
  return { exitCode, ...context.printed };
}

it.each(["empty", "/dev/null"])("a variable that moves the memory to %s hides nothing", async (states) => {
  await useAndRollBack();
  const before = conf();

  const refused = await runElsewhere(join(site.folder, "elsewhere", states), "apply", hash, "--json");

  expect(refusedWith(refused)).toEqual(["E_LOG_ROLLED_BACK"]);
  expect(conf()).toBe(before);
});

it("a memory that was removed is missed, until a person accepts the log", async () => {
  rmSync(join(site.folder, "heads"), { recursive: true });

  const refused = await site.run("apply", hash, "--json");
  const doctor = await site.run("doctor");
  const accepted = await site.run("anchor", "--log", "--reason", "the home folder was lost");
  await site.run("approve", hash, "--target", "config.log_level config/app");
  const applied = await site.run("apply", hash);

  expect(refusedWith(refused)).toEqual(["E_LOG_ROLLED_BACK"]);
  expect(refused.out).toContain("that is not there any more");
  expect(doctor.out).toContain("E_LOG_ROLLED_BACK");
  expect([accepted.exitCode, applied.exitCode]).toEqual([0, 0]);
  expect(applied.err).not.toContain("warning");
});

it("a run says so where nothing is remembered of a log that holds runs", async () => {
  await useAndRollBack();
  expect((await site.run("anchor", "--log", "--reason", "x")).exitCode).toBe(0);
  await site.run("approve", hash, "--target", "config.log_level config/app");
  expect((await site.run("apply", hash)).exitCode).toBe(0);
  await planAndApprove(site, wireProposal([setLevel("louder", "warn")]));
  rmSync(join(site.folder, ".interlock/log.memories"));
  rmSync(join(site.folder, "heads"), { recursive: true });

  const applied = await site.run("apply", "last");

  expect(applied.exitCode).toBe(0);
  expect(applied.err).toContain(
    "warning: nothing is remembered of this log outside its store, so a copy that was rolled back could not be noticed",
  );
});

describe("a memory that cannot be written", () => {
  // Root may write into any folder, so these are no folders.
  it.each(["/dev/null", "/proc/version"])("is no permission: %s", async (states) => {
    rmSync(join(site.folder, ".interlock/log.memories"));
    const before = conf();

    const refused = await runElsewhere(states, "apply", hash, "--json");
    const doctor = await runElsewhere(states, "doctor");
    const elsewhere = await runElsewhere(join(site.folder, "elsewhere"), "apply", hash);

    expect(refusedWith(refused)).toEqual(["E_LOG_UNREMEMBERED"]);
    expect(refused.exitCode).toBe(13);
    expect(refused.out).toContain(`cannot be remembered in \`${states}/interlock/heads\``);
    expect(doctor.out).toContain("E_LOG_UNREMEMBERED");
    expect(elsewhere.exitCode).toBe(0);
    expect(conf()).not.toBe(before);
  });

  it("is found before anything is written, and the approval still counts afterwards", async () => {
    rmSync(join(site.folder, ".interlock/log.memories"));
    rmSync(join(site.folder, "heads"), { recursive: true });
    writeFileSync(join(site.folder, "heads"), "a file where the folder should be");
    const before = conf();

    const refused = await site.run("apply", hash, "--json");
    const wasLeft = conf() === before;
    rmSync(join(site.folder, "heads"));
    const applied = await site.run("apply", hash);

    expect([refusedWith(refused), wasLeft, applied.exitCode]).toEqual([["E_LOG_UNREMEMBERED"], true, 0]);
  });

  it("cannot be made good by a person's word", async () => {
    await useAndRollBack();
    const [name = ""] = readdirSync(join(site.folder, "heads"));
    const states = join(site.folder, "states");
    mkdirSync(join(states, "interlock"), { recursive: true });
    writeFileSync(join(states, "interlock/heads"), name);

    const accepted = await runElsewhere(states, "anchor", "--log", "--reason", "x", "--json");

    expect(refusedWith(accepted)).toEqual(["E_LOG_UNREMEMBERED"]);
    expect(refusedWith(await site.run("apply", hash, "--json"))).toEqual(["E_LOG_ROLLED_BACK"]);
  });
});

it("a memory that is damaged is no permission", async () => {
  const [name = ""] = readdirSync(join(site.folder, "heads"));
  writeFileSync(join(site.folder, "heads", name), "nonsense");

  expect(refusedWith(await site.run("apply", hash, "--json"))).toEqual(["E_LOG_ROLLED_BACK"]);
});
