// A situation of a pack is held against the actions of that pack.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createE2eSite, type E2eSite } from "./e2e-site.fixture.ts";

let site: E2eSite;
let pack: string;

beforeEach(async () => {
  site = await createE2eSite();
  pack = mkdtempSync(join(tmpdir(), "interlock-pack-"));
  cpSync(fileURLToPath(new URL("../../examples/language/pack", import.meta.url)), pack, { recursive: true });
});

afterEach(() => {
  site.remove();
  rmSync(pack, { recursive: true, force: true });
});

it("`check` refuses a pack, and its situation alone, if a probe asks for outcomes of no action", async () => {
  const path = join(pack, "situations", "slow-host.yaml");
  const good = await site.run("check", pack);
  writeFileSync(path, readFileSync(path, "utf8").replaceAll("busy", "high").replaceAll("idle", "low"));

  const told = [await site.run("check", pack), await site.run("check", path)];

  expect(good.exitCode).toBe(0);
  expect(told.map(({ exitCode }) => exitCode)).toEqual([10, 10]);
  const message = "the outcomes `high`, `low` are not those of `host.look`: `busy`, `idle` (line 31)";
  expect(told[0]?.err).toContain(`E_SITUATION_OUTCOMES /steps/0/outcomes situations/slow-host.yaml: ${message}`);
  expect(told[1]?.err).toContain(`E_SITUATION_OUTCOMES /steps/0/outcomes ${message}`);
});
