// A script of a third party that goes the whole way with only the package's entry. `npm run test:package` runs it.
import { readFile } from "node:fs/promises";
import { type Answer, ok, openInterlock } from "@interlock-run/interlock";

async function take<T>(answer: Answer<T>): Promise<T> {
  const taken = await answer;
  if (!taken.ok) throw new Error(taken.error.map(({ code, message }) => `${code} ${message}`).join("\n"));
  return taken.value;
}

const nowhere = await take(openInterlock({ config: null }));
await take(nowhere.init({ folder: "walked", pack: "config-file" }));
const site = await take(openInterlock({ config: "walked/interlock.yaml", identities: "keys" }));
await take(site.createIdentity({ name: "me", person: "reviewer", choosePassphrase: null }));
await take(site.trust());

const proposal = await readFile("walked/pack/proposals/log-more.json");
const proposer = { kind: "person", id: "script", onBehalfOf: "script" } as const;
const planned = await take(site.plan({ proposal, proposer, goal: "", inputs: [] }));
if (planned.kind === "nothing_to_do") throw new Error("there is nothing to do");
const plan = planned.planHash;
const askPassphrase = async () => ok(null);
const signer = await take(site.signer({ as: "me", askPassphrase, onMistyped: () => undefined }));
await take(
  site.approve(
    { plan, typedTargets: ["config.log_level config/app", "config.workers config/app"], validForMs: null },
    signer,
  ),
);
const run = await take(site.apply({ plan }));
for await (const { seq, event } of run.events()) console.log(seq, event.kind);
const rest = await take(run.atRest());
const { length } = await take(site.verify({ archive: null }));
await site.close();
console.log(rest.kind === "at_rest" && rest.view.outcome, "and", length, "records hold");
