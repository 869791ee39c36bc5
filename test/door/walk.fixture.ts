// A third party's script: the whole way through the door, with a key of its own. `node walk.fixture.ts FOLDER`.
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { openInterlock, type Signer } from "../../src/interlock.ts";

const [folder = "."] = process.argv.slice(2);
const value = <T>(answer: { ok: true; value: T } | { ok: false; error: unknown }): T => {
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value;
};
const outside = value(await openInterlock({ config: null, store: `${folder}/.interlock` }));
value(await outside.init({ folder, pack: "config-file" }));
const site = value(await openInterlock({ config: `${folder}/interlock.yaml`, identities: `${folder}/keys` }));
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const pem = Buffer.from(publicKey.export({ type: "spki", format: "pem" }));
const key = value(await site.importIdentity({ name: "rita", person: "rita", publicKey: pem, attended: false }));
const signer: Signer = { ...key, sign: async (bytes) => ({ ok: true, value: sign(null, bytes, privateKey) }) };
value(await site.trust());
const proposal = readFileSync(`${folder}/pack/proposals/log-more.json`);
const proposer = { kind: "file", id: "log-more", onBehalfOf: "paul" } as const;
const compiled = value(await site.plan({ proposal, proposer, goal: "", inputs: [] }));
if (compiled.kind === "nothing_to_do") throw new Error("nothing to do");
const plan = compiled.planHash;
const { targetsToType: typedTargets } = value(await site.show({ plan }));
value(await site.approve({ plan, typedTargets, validForMs: null }, signer));
const run = value(await site.apply({ plan }));
for await (const { event } of run.events()) console.log(event.kind);
const rest = value(await run.atRest());
console.log(rest.kind === "at_rest" ? rest.view.outcome : rest.kind);
console.log(value(await site.verify({ archive: null })).length > 0);
await site.close();
