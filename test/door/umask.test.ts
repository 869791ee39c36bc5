import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("every file of the store, of a backup, of an archive and of a key is its owner's alone, whatever the mask", () => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-umask-"));
  try {
    const script = fileURLToPath(new URL("umask.fixture.ts", import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
    const lines = stdout.trim().split("\n");

    expect(stderr).toBe("");
    for (const part of ["log.sqlite", "log.sqlite-wal", "rita.json", "backup/log.sqlite", "backup-new/log.sqlite"])
      expect(stdout).toContain(`${part} `);
    expect(lines.filter((line) => !/^[0-7]00 /.test(line))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
