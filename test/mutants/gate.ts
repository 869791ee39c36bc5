// The real gate over a pack and a world of our own: the door of a site in a folder of its own, as a user opens it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { Plan } from "../../src/core/plan/plan.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { recordsOf } from "../../src/flow/plan/plan.ts";
import { planProposal } from "../../src/flow/plan/plan-proposal.ts";
import { openDoor } from "../../src/flow/site/open-door.ts";
import { siteOf } from "../../src/flow/site/workplace.ts";
import {
  type Answer,
  type Interlock,
  type InterlockPorts,
  ok,
  openInterlock,
  type SiteAddress,
} from "../../src/interlock.ts";
import { type Data, dataOf, entriesOf, listOf, textOf } from "../interpreter/declarations.ts";
import { type Facts, fakeConnectors } from "./fake-world.ts";

/** What somebody wants compiled. */
export interface GateRequest {
  readonly proposal: JsonValue;
  readonly facts: Facts;
  readonly inputs: Readonly<Record<string, JsonValue>>;
}

/** What the gate says: a plan, that there is nothing to do, or the codes of what it refuses. */
export type GateAnswer =
  | { readonly kind: "planned"; readonly plan: Plan }
  | { readonly kind: "nothing_to_do" }
  | { readonly kind: "refused"; readonly codes: readonly string[]; readonly message: string };

/** A site whose pack is trusted. */
export interface Gate {
  readonly domain: Data;
  /** The site's door itself. */
  readonly door: Interlock;
  /** The door's `plan`, which also records what came of it. */
  plan(request: GateRequest): Promise<GateAnswer>;
  /** What the door's `plan` asks, without the log: for hundreds of thousands of proposals. */
  judge(request: GateRequest): Promise<GateAnswer>;
  close(): Promise<void>;
}

/** Reads the domain of a pack as plain data. */
export function readDomainData(packFolder: string): Data {
  return dataOf(parse(readFileSync(join(packFolder, "domain.yaml"), "utf8")));
}

/** Begins a site over a domain, trusts it, and opens its door. */
export async function openGate(domain: Data): Promise<Gate> {
  const folder = mkdtempSync(join(tmpdir(), "interlock-gate-"));
  const config = join(folder, "interlock.yaml");
  mkdirSync(join(folder, "root"));
  mkdirSync(join(folder, "pack"));
  // YAML takes JSON as it is.
  writeFileSync(join(folder, "pack", "domain.yaml"), JSON.stringify(domain));
  writeFileSync(config, siteText(domain, join(folder, "root")));
  let facts: Facts = {};
  const fakes = fakeConnectors(domain, () => facts);
  const address = { config, identities: join(folder, "keys"), environment: { XDG_STATE_HOME: join(folder, "state") } };
  const ports: InterlockPorts = { connectors: fakes, resolveSecret: async () => ok("secret") };
  const door = await given(openInterlock(address, ports));
  await given(door.trust());
  const judge = await judgeOver(address, ports);
  return {
    domain,
    door,
    plan: async (request) => {
      facts = request.facts;
      return answerOf(await door.plan({ ...requestOf(request), proposal: bytesOf(request.proposal) }));
    },
    judge: async (request) => {
      facts = request.facts;
      return judge(request);
    },
    close: async () => {
      await door.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The gate without the log: the same site, read once, with the trust that the door has recorded. */
async function judgeOver(
  address: SiteAddress,
  ports: InterlockPorts,
): Promise<(request: GateRequest) => Promise<GateAnswer>> {
  const opened = await given(openDoor({ address, ports }));
  const { place } = opened;
  const [site, records] = [siteOf(place), await recordsOf(place)];
  if (!site.ok || !records.ok) throw new Error("the site can be read");
  return async (request) => {
    const asked = { ...requestOf(request), proposal: bytesOf(request.proposal), parent: null };
    return answerOf(await planProposal(place, site.value, records.value, asked));
  };
}

/** The same domain without the preconditions of its actions, so that its invariants stand alone. */
export function withoutPreconditions(domain: Data): Data {
  const actions = entriesOf(domain["actions"]).map(([name, given]) => {
    const { pre: _, ...action } = dataOf(given);
    return [name, action] as const;
  });
  return { ...domain, actions: Object.fromEntries(actions) };
}

function requestOf({ inputs }: GateRequest) {
  return {
    proposer: { kind: "file", id: "mutant", onBehalfOf: "mallory" },
    goal: "",
    inputs: Object.entries(inputs).map(([name, value]) => ({ name, value })),
  } as const;
}

function bytesOf(proposal: JsonValue): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(proposal));
}

function answerOf(compiled: Awaited<ReturnType<Interlock["plan"]>>): GateAnswer {
  if (!compiled.ok)
    return {
      kind: "refused",
      codes: [...new Set(compiled.error.map(({ code }) => code))],
      message: compiled.error[0]?.message ?? "",
    };
  return compiled.value.kind === "planned" ? { kind: "planned", plan: compiled.value.plan } : { kind: "nothing_to_do" };
}

async function given<T>(answer: Answer<T>): Promise<T> {
  const value = await answer;
  if (!value.ok) throw new Error(JSON.stringify(value.error));
  return value.value;
}

/** An `interlock.yaml` that gives each connection of a domain the settings that its connector asks for. */
function siteText(domain: Data, root: string): string {
  const connections = entriesOf(domain["connections"]).map(([name, declared]) => {
    const { connector, secrets } = dataOf(declared);
    const names = listOf(secrets).map(textOf);
    const [first] = names;
    const auth = first === undefined ? {} : { auth: { kind: "bearer", token: { $secret: first } } };
    const settings = connector === "file" ? { root } : { base: "http://127.0.0.1:9", ...auth };
    return [name, { settings, secrets: Object.fromEntries(names.map((secret) => [secret, "env:SECRET"])) }];
  });
  return JSON.stringify({
    format: "interlock.site/1",
    pack: "pack",
    solo: true,
    connections: Object.fromEntries(connections),
  });
}
