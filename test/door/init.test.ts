// A site begins where nothing is, and only a person begins it.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Interlock, openInterlock } from "../../src/interlock.ts";
import { codeOf, valueOf } from "./door-site.fixture.ts";

let folder: string;
let outside: string;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), "interlock-init-"));
  folder = join(root, "site");
  outside = join(root, "outside");
  mkdirSync(folder);
  mkdirSync(outside);
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

function openAs(kind: "person" | "agent" | "service"): Promise<Interlock> {
  const store = join(outside, "store");
  return valueOf(openInterlock({ config: null, store, actor: { kind, id: "somebody", keyId: null } }));
}

describe("init", () => {
  it.each(["agent", "service"] as const)("is refused to an %s, and writes nothing", async (kind) => {
    const site = await openAs(kind);

    expect(await codeOf(() => site.init({ folder, pack: "config-file" }))).toBe("E_NOT_PERMITTED");
    expect(readdirSync(folder)).toEqual([]);
    await site.close();
  });

  it.each(["interlock.yaml", "pack", "conf", "conf/app.json"])(
    "writes nothing through a link that stands for %s, wherever it leads",
    async (name) => {
      const site = await openAs("person");
      const target = join(outside, "target");
      if (name.includes("/")) mkdirSync(join(folder, "conf"));
      symlinkSync(target, join(folder, name));

      expect(await codeOf(() => site.init({ folder, pack: "config-file" }))).toBe("E_FILE_EXISTS");
      mkdirSync(target);
      expect(await codeOf(() => site.init({ folder, pack: "config-file" }))).toBe("E_FILE_EXISTS");

      expect(readdirSync(target)).toEqual([]);
      await site.close();
    },
  );

  it("overwrites no file, and keeps the settings that are there", async () => {
    const site = await openAs("person");
    mkdirSync(join(folder, "conf"));
    writeFileSync(join(folder, "conf/app.json"), "mine");

    expect(await codeOf(() => site.init({ folder, pack: "config-file" }))).toBe("ok");
    expect(readFileSync(join(folder, "conf/app.json"), "utf8")).toBe("mine");
    expect(await codeOf(() => site.init({ folder, pack: "config-file" }))).toBe("E_FILE_EXISTS");
    await site.close();
  });

  it("where nothing can be written is refused with a code", async () => {
    const site = await openAs("person");
    writeFileSync(join(folder, "file"), "");

    for (const wanted of [join(folder, "file/below"), "/proc/interlock", "/dev/null/below"])
      expect(await codeOf(() => site.init({ folder: wanted, pack: "config-file" }))).toBe("E_INPUT_MISSING");
    expect(existsSync(join(folder, "pack"))).toBe(false);
    await site.close();
  });
});
