// Walks the way with a mask that hides nothing, and prints the mode of every file and folder that came of it.
// `node umask.fixture.ts FOLDER`
import { chmodSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Interlock } from "../../src/interlock.ts";
import { approvedPlan, beginSite, openSiteIn, value } from "./site.fixture.ts";

process.umask(0);
const [folder = "."] = process.argv.slice(2);
// Folders that are there already, and open to everyone.
for (const name of ["backup", "archives"]) {
  mkdirSync(join(folder, name));
  chmodSync(join(folder, name), 0o777);
}
await beginSite(folder);
const site = await openSiteIn(folder);
const plan = await approvedPlan(site, folder);
const run = await value(site.apply({ plan }));
await value(run.atRest());
show("while the store is open", ".interlock");
await keepCopies(site);
await site.close();
for (const name of [".interlock", "keys", "backup", "backup-new", "archives"]) show("at last", name);

async function keepCopies(from: Interlock): Promise<void> {
  let isCopied = false;
  const copying = value(from.backUp({ folder: join(folder, "backup") })).finally(() => (isCopied = true));
  const seen = new Set<string>();
  while (!isCopied) {
    for (const line of linesOf("while it is copied", "backup")) seen.add(line);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await copying;
  for (const line of seen) console.log(line);
  await value(from.backUp({ folder: join(folder, "backup-new") }));
  await value(from.drill({ folder: join(folder, "backup") }));
  const archives = join(folder, "archives");
  const nothing = () => undefined;
  await value(
    from.archive({
      olderThanMs: 0,
      runs: [],
      folder: archives,
      destroy: false,
      reason: "kept",
      isDryRun: false,
      onProgress: nothing,
    }),
  );
}

function show(when: string, below: string): void {
  for (const line of linesOf(when, below)) console.log(line);
}

function linesOf(when: string, below: string): readonly string[] {
  return readdirSync(join(folder, below), { recursive: true, encoding: "utf8" }).flatMap((entry) => {
    // What is gone by now needs no mode.
    const found = lstatSync(join(folder, below, entry), { throwIfNoEntry: false });
    return found === undefined ? [] : [`${(found.mode & 0o777).toString(8)} ${below}/${entry} ${when}`];
  });
}
