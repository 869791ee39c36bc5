import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testConnectors } from "../../test/support/connector-traits.ts";
import { readPack, readPackDigest } from "./read-pack.ts";

const domain = `format: interlock.domain/1
name: room
version: "1"
connections:
  c: { connector: http }
types:
  lamp:
    facts: { lit: boolean }
    observe: { uses: c/get, fingerprint: [/serial] }
inventory:
  lamp: { a: }
actions:
  lamp.on:
    uses: c/patch
    target: lamp
    input: { lamp: { object: lamp } }
    effect: [self.lit = true]
`;

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-pack-"));
  writeFileSync(join(folder, "domain.yaml"), domain);
});
afterEach(() => rmSync(folder, { recursive: true }));

function refusalOf(): readonly string[] {
  const pack = readPack(folder, testConnectors);
  return pack.ok ? [] : pack.error.map((found) => `${found.code} ${found.message}`);
}

function digestNow(): string {
  const found = readPackDigest(folder);
  return found.ok ? found.value : found.error.code;
}

describe("readPack", () => {
  it("reads a folder with nothing but a domain", () => {
    const pack = readPack(folder, testConnectors);

    expect(
      pack.ok && { name: pack.value.domain.name, files: pack.value.files, isNow: pack.value.digest === digestNow() },
    ).toEqual({ name: "room", files: ["domain.yaml"], isNow: true });
  });

  it("has another digest for another byte, another name and another file, wherever it lies", () => {
    const digests = [digestNow()];
    const note = (change: () => void): void => {
      change();
      digests.push(digestNow());
    };

    note(() => mkdirSync(join(folder, "workflows")));
    note(() => writeFileSync(join(folder, "workflows", "w.yaml"), "a: 1"));
    note(() => writeFileSync(join(folder, "workflows", "w.yaml"), "a: 2"));
    note(() => renameSync(join(folder, "workflows", "w.yaml"), join(folder, "workflows", "v.yaml")));
    note(() => writeFileSync(join(folder, "domain.yaml"), `${domain}# a comment\n`));

    // An empty folder holds nothing that could be trusted or not.
    expect(digests[1]).toBe(digests[0]);
    expect(new Set(digests.slice(1)).size).toBe(5);
  });

  it("does not depend on where the folder lies", () => {
    const before = digestNow();
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    folder = moved;

    expect(digestNow()).toBe(before);
  });

  it.each([
    ["a link to a file", () => symlinkSync("/etc/hostname", join(folder, "notes")), "E_PACK_FILE `notes` is a link"],
    ["a link to a folder", () => symlinkSync("/etc", join(folder, "situations")), "E_PACK_FILE `situations` is a link"],
    [
      "a pipe, which would never end",
      () => execFileSync("mkfifo", [join(folder, "pipe")]),
      "E_PACK_FILE `pipe` is not a regular file",
    ],
    [
      "a file of 1 MB and more",
      () => writeFileSync(join(folder, "big"), Buffer.alloc(1_000_001)),
      "E_PACK_FILE `big` is larger than 1000000 bytes",
    ],
  ])("refuses %s", (_, prepare, expected) => {
    prepare();

    expect(refusalOf()).toEqual([expected]);
  });

  it("is the same pack while its bytes are, and nobody can change it", () => {
    const [first, second] = [readPack(folder, testConnectors), readPack(folder, testConnectors)];
    const [lamp] = first.ok ? first.value.domain.actions : [];

    expect(first.ok && second.ok && first.value === second.value).toBe(true);
    expect(lamp !== undefined && Reflect.set(lamp, "summary", "another")).toBe(false);
  });

  it("is read anew once a byte of it or a connector has changed", () => {
    const before = readPack(folder, testConnectors);
    writeFileSync(join(folder, "domain.yaml"), domain.replace("name: room", "name: hall"));
    const after = readPack(folder, testConnectors);
    const without = readPack(folder, []);

    expect([before, after].map((read) => read.ok && read.value.domain.name)).toEqual(["room", "hall"]);
    expect(without.ok).toBe(false);
  });

  it("says that a folder without a domain is no pack", () => {
    rmSync(join(folder, "domain.yaml"));

    expect(refusalOf()[0]).toContain("E_INPUT_MISSING there is no `domain.yaml`");
  });

  it("names the line of broken YAML", () => {
    writeFileSync(join(folder, "domain.yaml"), domain.replace("  lamp: { a: }", "  lamp: { a: "));

    expect(refusalOf()[0]).toMatch(/^E_YAML_INVALID .*line 1[0-9]/);
  });

  it("names the line of what means nothing", () => {
    writeFileSync(
      join(folder, "domain.yaml"),
      domain.replace("self.lit = true", "self.lid = true").replace("lit: boolean", "lit: bool"),
    );

    expect(refusalOf()).toEqual([expect.stringMatching(/^E_SCHEMA .*\(domain\.yaml:8\)$/)]);

    writeFileSync(join(folder, "domain.yaml"), domain.replace("self.lit = true", "self.lid = true"));

    expect(refusalOf()).toEqual([expect.stringMatching(/^E_GUARD_NAME .*\(domain\.yaml:17\)$/)]);
  });
});
