import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ok } from "../../core/value/result.ts";
import type { Interlock } from "../../interlock.ts";
import { modeFor, type OutputMode, openOutput } from "./write-output.ts";

/** A site's folder, as far as a writer of outputs knows it. */
function siteFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "interlock-output-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ["store", "keys", "pack", "elsewhere"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "interlock.yaml"), "");
  return folder;
}

async function write(cwd: string, path: string, content: string, mode: OutputMode = "create") {
  const settings = {
    config: join(cwd, "interlock.yaml"),
    store: join(cwd, "store"),
    identities: join(cwd, "keys"),
    site: { pack: "pack" },
  };
  // A writer of outputs reads these settings and no others.
  const interlock = { settings: () => Promise.resolve(ok(settings)) } as unknown as Interlock;
  const output = await openOutput({ cwd }, interlock, path, { mode });
  const written = output.ok ? output.value.write(content) : output;
  return written.ok ? "written" : `${written.error.code} ${written.error.message}`;
}

it("a new file is written, and a file that exists is kept", async () => {
  const cwd = siteFolder();

  expect(await write(cwd, "out", "first")).toBe("written");
  expect(await write(cwd, "out", "second")).toBe("E_FILE_EXISTS `out` exists already, and stays as it is");
  expect(readFileSync(join(cwd, "out"), "utf8")).toBe("first");
});

it("a link is not followed, whether it leads to a file or nowhere", async () => {
  const cwd = siteFolder();
  writeFileSync(join(cwd, "old"), "old");
  symlinkSync(join(cwd, "old"), join(cwd, "to-file"));
  symlinkSync(join(cwd, "nowhere"), join(cwd, "to-nothing"));

  for (const path of ["to-file", "to-nothing"]) {
    for (const mode of ["create", "replace", "append"] as const)
      expect(await write(cwd, path, "new", mode)).toMatch(/^E_FILE_EXISTS .* is a link, which is not followed/);
  }
  expect(readFileSync(join(cwd, "old"), "utf8")).toBe("old");
  expect(existsSync(join(cwd, "nowhere"))).toBe(false);
});

it("a person who forces it replaces a file, with its permissions, and a second name keeps what it held", async () => {
  const cwd = siteFolder();
  writeFileSync(join(cwd, "out"), "a longer text than the new one");
  chmodSync(join(cwd, "out"), 0o600);
  linkSync(join(cwd, "out"), join(cwd, "second"));

  expect(await write(cwd, "out", "new", "replace")).toBe("written");
  expect(readFileSync(join(cwd, "out"), "utf8")).toBe("new");
  expect(statSync(join(cwd, "out")).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(cwd, "second"), "utf8")).toBe("a longer text than the new one");
  expect(readdirSync(cwd).filter((name) => name.endsWith(".part"))).toEqual([]);
});

it("only a person may force it", () => {
  const mode = (kind: "person" | "agent" | "service", force: boolean) => {
    const asked = modeFor({ actor: { kind, id: "x", keyId: null } }, force);
    return asked.ok ? asked.value : asked.error.code;
  };

  expect([mode("person", true), mode("agent", true), mode("service", true), mode("agent", false)]).toEqual([
    "replace",
    "E_PERSON_REQUIRED",
    "E_PERSON_REQUIRED",
    "create",
  ]);
});

it.each(["create", "replace", "append"] as const)(
  "nothing is written where the site keeps its files (%s)",
  async (mode) => {
    const cwd = siteFolder();
    symlinkSync(join(cwd, "store"), join(cwd, "elsewhere/linked"));
    const asked = [
      ["store/new", "lies in the store"],
      ["elsewhere/linked/new", "lies in the store"],
      ["elsewhere/../store/deeper/new", "lies in the store"],
      ["keys/mallory.json", "lies in the folder of keys"],
      ["pack/proposals.json", "lies in the pack, which is trusted as it is"],
      ["interlock.yaml", "is the site's configuration"],
      ["elsewhere/interlock.yaml", "is the site's configuration"],
    ] as const;

    for (const [path, why] of asked)
      expect(await write(cwd, path, "x", mode)).toBe(`E_USAGE \`${path}\` ${why}, so nothing is written there`);
    expect(readdirSync(join(cwd, "store"))).toEqual([]);
  },
);

it("a cassette goes on at its end, and nothing is added to any other file", async () => {
  const cwd = siteFolder();
  const line = '{"format":"interlock.proposal-cassette/1"}\n';
  writeFileSync(join(cwd, "notes"), "notes\n");

  expect(await write(cwd, "taped", line, "append")).toBe("written");
  expect(await write(cwd, "taped", line, "append")).toBe("written");
  expect(await write(cwd, "notes", line, "append")).toBe(
    "E_FILE_EXISTS `notes` is no cassette, so nothing is added to it",
  );
  expect(readFileSync(join(cwd, "taped"), "utf8")).toBe(line + line);
  expect(readFileSync(join(cwd, "notes"), "utf8")).toBe("notes\n");
});

it.each(["create", "replace", "append"] as const)("a pipe without a reader is refused at once (%s)", async (mode) => {
  const cwd = siteFolder();
  execFileSync("mkfifo", [join(cwd, "pipe")]);

  expect(await write(cwd, "pipe", "text", mode)).toMatch(/^E_INPUT_MISSING .* is not a regular file/);
});

it("a folder, a device and a path that leads nowhere are refused, each with its name", async () => {
  const cwd = siteFolder();

  const said = [];
  for (const path of ["elsewhere", "/dev/full", "nowhere/out"]) said.push(await write(cwd, path, "text", "replace"));

  expect(said).toEqual([
    "E_INPUT_MISSING `elsewhere` is not a regular file, so nothing was written",
    "E_INPUT_MISSING `/dev/full` is not a regular file, so nothing was written",
    "E_INPUT_MISSING `nowhere/out` cannot be written (ENOENT)",
  ]);
});
