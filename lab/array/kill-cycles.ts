// `npm run kill -- --cycles 20 --seed 7`: applies upgrades, kills the process at random, resumes, and counts the
// effects on the array.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readArgs } from "../../simulation/script-options.ts";
import { type RunningArray, startArray } from "./client.ts";
import { createSite, type DemoSite, proposalPath } from "./demo-site.ts";
import { createRandom } from "./traffic.ts";

/** The number of writes of one upgrade: two controllers, four hosts, and the owner of the volumes. */
const writesExpected = 7;
const versions = ["4.1.0", "4.2.0", "5.0.0"];

/** The upgrade to a version, and the same with the action that may go back to an older one. */
function proposalFor(site: DemoSite, version: string, installed: readonly string[]): string {
  const upgrade = proposalPath("upgrade-to-version");
  if (installed.every((firmware) => versions.indexOf(firmware) <= versions.indexOf(version))) return upgrade;
  const path = join(site.folder, "back-to-version.json");
  writeFileSync(path, readFileSync(upgrade, "utf8").replaceAll("install_firmware", "restore_firmware"));
  return path;
}

/** What a person would type to approve the plan: action and target of each irreversible write. */
async function typedForLast(site: DemoSite): Promise<readonly string[]> {
  const { output } = await site.run(["show", "last", "--json"]);
  const { review } = JSON.parse(output.join("\n")) as {
    readonly review: { readonly writes: readonly { readonly class: string; readonly phrase: string }[] };
  };
  return review.writes.flatMap((write) => (write.class === "irreversible" ? ["--target", write.phrase] : []));
}

/** Plans and approves the next upgrade from the array's present state. */
async function approveNext({
  array,
  site,
}: {
  readonly array: RunningArray;
  readonly site: DemoSite;
}): Promise<string> {
  const { owner, controllers } = await array.snapshot();
  const version = versions.find((candidate) => controllers.every(({ firmware }) => firmware !== candidate)) ?? "";
  const inputs = { version, passive: owner.controller === "a" ? "b" : "a", active: owner.controller };
  const planned = await site.run([
    "plan",
    proposalFor(
      site,
      version,
      controllers.map(({ firmware }) => firmware),
    ),
    ...Object.entries(inputs).flatMap(([name, value]) => ["--input", `${name}=${JSON.stringify(value)}`]),
  ]);
  const approved = await site.run(["approve", "last", "--yes", ...(await typedForLast(site))]);
  if (planned.exitCode !== 0 || approved.exitCode !== 0)
    throw new Error([...planned.output.slice(-3), ...approved.output.slice(-3)].join("\n"));
  return version;
}

/** Kills and resumes one upgrade. Returns what is wrong with it, or nothing. */
async function runCycle(
  world: { readonly array: RunningArray; readonly site: DemoSite },
  random: () => number,
): Promise<{ readonly killedAfter: string; readonly flaws: readonly string[] }> {
  const { array, site } = world;
  const version = await approveNext(world);
  const before = (await array.effects()).length;
  const lineCount = 1 + Math.floor(random() * 16);
  const ms = Math.floor(random() * 300);
  await site.kill(["apply", "last", "--jsonl"], { lineCount, ms });
  const resumed = await site.run(["resume"]);
  const effects = (await array.effects()).slice(before);
  const { controllers } = await array.snapshot();
  return {
    killedAfter: `${lineCount} events and ${ms} ms`,
    flaws: [
      ...(resumed.exitCode === 0 ? [] : [`resume ended with ${resumed.exitCode}: ${resumed.output.at(-1) ?? ""}`]),
      ...(effects.length === writesExpected ? [] : [`${effects.length} writes instead of ${writesExpected}`]),
      ...(new Set(effects.map(({ key }) => key)).size === effects.length ? [] : ["an effect happened twice"]),
      ...(controllers.every(({ firmware }) => firmware === version) ? [] : [`not every controller runs ${version}`]),
    ],
  };
}

async function run(): Promise<number> {
  const { values } = readArgs({
    options: { cycles: { type: "string", default: "20" }, seed: { type: "string", default: "1" } },
  });
  const random = createRandom(Number(values.seed));
  // Thousands of cycles take longer than the default lifetime of an array. It still ends with this process.
  const array = await startArray({ upgradeMs: 300, withToken: true, maxSeconds: 86_400 });
  const site = createSite(array, () => undefined);
  let flawCount = 0;
  try {
    await site.run(["trust"]);
    await site.run(["identity", "create", "demo-operator", "--unattended", "--person", "demo-operator"]);
    for (let cycle = 0; cycle < Number(values.cycles); cycle += 1) {
      const { killedAfter, flaws } = await runCycle({ array, site }, random);
      flawCount += flaws.length;
      const verdict = flaws.length === 0 ? `ended, ${writesExpected} writes, none twice` : flaws.join("; ");
      process.stdout.write(`cycle ${cycle + 1}, killed after ${killedAfter}: ${verdict}\n`);
    }
    const verified = await site.run(["log", "verify"]);
    const { reads, unavailableMs } = await array.availability();
    if (verified.exitCode !== 0 || unavailableMs > 0) flawCount += 1;
    const missed = `${reads.unavailable} reads missed, ${unavailableMs} ms unavailable`;
    process.stdout.write(`${verified.output.at(-1) ?? ""}; ${missed}; ${flawCount} flaws (seed ${values.seed})\n`);
    return flawCount === 0 ? 0 : 1;
  } finally {
    site.close();
    await array.stop();
  }
}

process.exitCode = await run();
