// A fact that was read as something else than its type: what plan, doctor, apply and rollback make of it.
import { afterEach, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setWorkers,
  typedForLast,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;
afterEach(() => site.remove());

const ini = "[log]\nlevel=info\n[pool]\nworkers = 4\nmaintenance = false\n";

/** A site whose file is an INI file, and whose fingerprint is its path alone. */
async function iniSite(text: string): Promise<E2eSite> {
  const made = await createE2eSite();
  made.write("conf/app.json", text);
  for (const [from, to] of [
    ["as: json", "as: ini"],
    ["workers: /value/workers", "workers: /value/pool/workers"],
    ["maintenance: /value/maintenance", "maintenance: /value/pool/maintenance"],
    ["fingerprint: [/path, /sha256]", "fingerprint: [/path]"],
    ["set: [{ pointer: /workers,", "set: [{ pointer: /pool/workers,"],
  ] as const)
    made.edit("pack/domain.yaml", from, to);
  made.write("pack/domain.yaml", made.read("pack/domain.yaml").replaceAll("format: json", "format: ini"));
  await made.run("trust");
  return made;
}

it.each([
  ["workers", '"workers": 4', '"workers": 4.5', "found the number 4.5 at `/value/workers`"],
  ["maintenance", '"maintenance": false', '"maintenance": "false"', "found the text `false` at `/value/maintenance`"],
])("`plan` and `doctor` refuse %s of another type, and say what was found", async (fact, from, to, found) => {
  site = await createE2eSite();
  site.edit("conf/app.json", from, to);
  site.write("proposal.json", wireProposal([setWorkers("more", 8)]));

  const planned = await site.run("plan", "proposal.json", "--json");
  const examined = await site.run("doctor", "--json");

  expect(refusedWith(planned)).toEqual(["E_FACT_TYPE"]);
  expect([planned.exitCode, planned.out]).toEqual([12, expect.stringContaining(found)]);
  expect([examined.exitCode, examined.out]).not.toEqual([0, expect.anything()]);
  expect(examined.out).toContain(`\`config.app.${fact}\` is unknown: ${found}`);
});

it("a word that a `map` does not list is noted by `doctor`, and stops no plan that would not put it back", async () => {
  site = await createE2eSite();
  site.edit(
    "pack/domain.yaml",
    "log_level: /value/log/level",
    "log_level: { pointer: /value/log/level, map: { info: info } }",
  );
  site.edit("conf/app.json", '"level": "info"', '"level": "trace"');
  await site.run("trust");
  site.write("proposal.json", wireProposal([setWorkers("more", 8)], { goal: "config.app.log_level == 'info'" }));

  const planned = await site.run("plan", "proposal.json");
  const examined = await site.run("doctor");

  expect(planned.exitCode).toBe(0);
  expect(examined.out).toContain("found the text `trace` at `/value/log/level`, which `map` does not list");
  expect(examined.out).not.toContain("E_FACT_TYPE");
});

it("an INI file is read by the types of its facts, changed, and put back byte for byte", async () => {
  site = await iniSite(ini);
  await planAndApprove(site, wireProposal([setWorkers("more", 8)]));

  const applied = await site.run("apply");
  const changed = site.read("conf/app.json");
  const back = await site.run("rollback");
  await site.run("approve", "last", ...(await typedForLast(site)));
  await site.run("apply");

  expect([applied.exitCode, changed]).toEqual([0, ini.replace("workers = 4", "workers = 8")]);
  expect(back.exitCode).toBe(0);
  expect(site.read("conf/app.json")).toBe(ini);
});

it("a value that loses its type after the plan was made is told, and nothing is written", async () => {
  site = await iniSite(ini);
  await planAndApprove(site, wireProposal([setWorkers("more", 8)]));
  const broken = ini.replace("workers = 4", "workers = four");
  site.write("conf/app.json", broken);

  const applied = await site.run("apply");

  expect(applied.exitCode).toBe(14);
  expect(`${applied.out}${applied.err}`).toContain(
    "its way back needs `config.app.workers`, which could not be read, found the text `four`",
  );
  expect(site.read("conf/app.json")).toBe(broken);
});

it("an answer that shows nothing of what the domain declares is no observation", async () => {
  site = await createE2eSite();
  site.edit("pack/domain.yaml", "fingerprint: [/path, /sha256]", "fingerprint: [/value/id]");
  site.edit("pack/domain.yaml", "      fence: /sha256\n", "");
  site.write("pack/domain.yaml", site.read("pack/domain.yaml").replaceAll("      ifMatch: { $fence: true }\n", ""));
  site.write("conf/app.json", '{ "error": "not here" }\n');
  await site.run("trust");
  site.write("proposal.json", wireProposal([setWorkers("more", 8)]));

  const planned = await site.run("plan", "proposal.json", "--json");

  expect(refusedWith(planned)).toEqual(["E_OBSERVE"]);
  expect(planned.out).toContain("the answer holds nothing at");
});
