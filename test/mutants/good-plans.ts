// Good plans of every pack, each with a world that it is good in. The mutants are made of them.
import { readFileSync } from "node:fs";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import type { Facts } from "./fake-world.ts";

/** One step of a proposal, as it is written. */
export type StepData = {
  readonly id: string;
  readonly action: string;
  readonly purpose: string;
  readonly kind: string;
  readonly after: readonly string[];
  readonly when: string;
  readonly args: readonly { readonly name: string; readonly from: string; readonly value: string }[];
  readonly expect: readonly string[];
  readonly onFailure: string;
};

/** A proposal, as it is written. */
export type ProposalData = {
  readonly format: string;
  readonly goal: string;
  readonly summary: string;
  readonly decline: string;
  readonly assumptions: readonly string[];
  readonly steps: readonly StepData[];
};

/** A plan that does no harm in its world. */
export interface GoodPlan {
  readonly name: string;
  readonly pack: string;
  readonly facts: Facts;
  readonly inputs: Readonly<Record<string, JsonValue>>;
  readonly proposal: ProposalData;
}

/** The folders of the packs, by the name of their domain. */
export const packFolders: Readonly<Record<string, string>> = {
  "config-file": "packs/config-file",
  "storage-firmware": "packs/storage-firmware",
  "web-service": "packs/web-service",
  language: "examples/language/pack",
  "long-operation": "examples/long-operation/pack",
  "typed-facts": "test/mutants/typed-facts",
};

const config: Facts = {
  "config.app.log_level": "info",
  "config.app.workers": 4,
  "config.app.maintenance": false,
  "config.app.timeout": 30,
  "service.app.timeout": 30,
};

const hosts = ["h1", "h2", "h3", "h4"];

/** Every host and the volumes are on controller a. */
export const arrayFacts: Facts = {
  ...Object.fromEntries(
    ["a", "b"].flatMap((id) => [
      [`controller.${id}.state`, "online"],
      [`controller.${id}.firmware`, "4.1.0"],
    ]),
  ),
  ...Object.fromEntries(
    hosts.flatMap((id) => [
      [`host.${id}.path_in_use`, "a"],
      [`host.${id}.path_a`, "connected"],
      [`host.${id}.path_b`, "connected"],
    ]),
  ),
  "volumes.all.owner": "a",
};

/** The shop at its ordinary size, on the new release. */
export const shopFacts: Facts = {
  "service.shop.workers": 3,
  "service.shop.version": "v2",
  "service.shop.rolling": false,
  "service.shop.nightly_paused": false,
  "service.shop.breaker_at_rest": false,
  "objective.checkout.good": false,
  "ledger.orders.duplicates": false,
};

/** Three hosts that serve; the last one is busy. */
export const fleetFacts: Facts = {
  ...Object.fromEntries(
    ["a", "b", "c"].flatMap((id) => [
      [`host.${id}.version`, "v1"],
      [`host.${id}.workers`, 2],
      [`host.${id}.serving`, true],
      [`host.${id}.busy`, id === "c"],
      [`host.${id}.load`, id === "c" ? 0.8 : 0],
    ]),
  ),
  "page.duty.open": false,
};

/** A database and two hosts that long operations change. */
export const operationFacts: Facts = {
  "database.orders.size": "small",
  "host.c11.patch": "june",
  "host.c12.patch": "june",
};

/** Two sites with shares of the traffic and certificates. */
export const typedFacts: Facts = Object.fromEntries(
  ["blue", "green"].flatMap((id) => [
    [`site.${id}.share`, id === "blue" ? 0.9 : 0.1],
    [`site.${id}.expires`, "2026-12-31T00:00:00Z"],
    [`site.${id}.sealed`, false],
  ]),
);

/** The ordinary world of each pack. */
export const packFacts: Readonly<Record<string, Facts>> = {
  "config-file": config,
  "storage-firmware": arrayFacts,
  "web-service": shopFacts,
  language: fleetFacts,
  "long-operation": operationFacts,
  "typed-facts": typedFacts,
};

/** A step of the wire form, empty except for what is given. */
export function stepOf(id: string, change: Partial<StepData> = {}): StepData {
  return {
    id,
    action: "",
    purpose: "",
    kind: "act",
    after: [],
    when: "",
    args: [],
    expect: [],
    onFailure: "rollback",
    ...change,
  };
}

/** A call of an action with literal arguments. */
export function callOf(
  id: string,
  action: string,
  args: Readonly<Record<string, JsonValue>>,
  change: Partial<StepData> = {},
): StepData {
  const literals = Object.entries(args).map(([name, value]) => ({
    name,
    from: "literal",
    value: JSON.stringify(value),
  }));
  return stepOf(id, { action, args: literals, ...change });
}

/** A proposal of these steps. */
export function proposalOf(goal: string, steps: readonly StepData[]): ProposalData {
  return { format: "interlock.proposal/1", goal, summary: "", decline: "", assumptions: [], steps };
}

function ask(id: string, change: Partial<StepData> = {}): StepData {
  const args = [{ name: "question", from: "literal", value: '"go on?"' }];
  return stepOf(id, { kind: "approve", onFailure: "stop", args, ...change });
}

function wait(id: string, change: Partial<StepData> = {}): StepData {
  return stepOf(id, {
    kind: "wait",
    onFailure: "stop",
    args: [{ name: "forMs", from: "literal", value: "100" }],
    ...change,
  });
}

/** Reads a proposal that a pack brings. */
function packaged(folder: string, name: string): ProposalData {
  // The packs' own tests read these files strictly.
  return JSON.parse(readFileSync(`${folder}/proposals/${name}.json`, "utf8")) as ProposalData;
}

const app = (
  id: string,
  action: string,
  args: Readonly<Record<string, JsonValue>>,
  change: Partial<StepData> = {},
): StepData => callOf(id, `config.${action}`, { config: "app", ...args }, change);

function configPlans(): readonly GoodPlan[] {
  const plan = (name: string, proposal: ProposalData, facts: Facts = {}): GoodPlan => ({
    name,
    pack: "config-file",
    facts: { ...config, ...facts },
    inputs: {},
    proposal,
  });
  return [
    plan("log-more", packaged("packs/config-file", "log-more")),
    plan(
      "shrink",
      proposalOf("config.app.workers == 1 && config.app.maintenance", [
        app("announce", "maintenance", { on: true }),
        app("shrink", "workers", { workers: 1 }, { after: ["announce"] }),
        app("quiet", "log_level", { level: "warn" }, { after: ["shrink"] }),
      ]),
    ),
    plan(
      "back-to-work",
      proposalOf("config.app.workers == 4 && !config.app.maintenance", [
        app("grow", "workers", { workers: 4 }),
        app("open", "maintenance", { on: false }, { after: ["grow"] }),
        app("debug", "log_level", { level: "debug" }, { after: ["open"] }),
      ]),
      { "config.app.workers": 1, "config.app.maintenance": true },
    ),
    plan("repair", proposalOf("config.app.workers == 3", [app("grow", "workers", { workers: 3 })]), {
      "config.app.workers": 1,
    }),
    plan(
      "ask-first",
      proposalOf("", [
        app("debug", "log_level", { level: "debug" }),
        wait("watch", { after: ["debug"] }),
        ask("ask", { after: ["watch"] }),
        app("grow", "workers", { workers: 8 }, { after: ["ask"], when: "ask == 'approved'" }),
        app("quiet", "log_level", { level: "info" }, { after: ["grow"] }),
      ]),
    ),
  ];
}

const path = (id: string, host: string, controller: string, change: Partial<StepData> = {}): StepData =>
  callOf(id, "host.use_path", { host, controller }, change);

function arrayPlans(): readonly GoodPlan[] {
  const folder = "packs/storage-firmware";
  const plan = (name: string, proposal: ProposalData, inputs: GoodPlan["inputs"] = {}): GoodPlan => ({
    name,
    pack: "storage-firmware",
    facts: arrayFacts,
    inputs,
    proposal,
  });
  const install = (id: string, controller: string, change: Partial<StepData> = {}): StepData =>
    callOf(id, "controller.install_firmware", { controller, version: "4.2.0" }, change);
  return [
    plan("upgrade-both", packaged(folder, "upgrade-both")),
    plan("upgrade-to-version", packaged(folder, "upgrade-to-version"), { passive: "b", active: "a", version: "5.0.0" }),
    plan(
      "ask-before-the-second",
      proposalOf("", [
        install("first", "b"),
        ask("ask", { after: ["first"] }),
        ...hosts.map((host) => path(`m_${host}`, host, "b", { after: ["ask"], when: "ask == 'approved'" })),
        callOf(
          "volumes",
          "volumes.move",
          { volumes: "all", controller: "b" },
          { after: hosts.map((host) => `m_${host}`) },
        ),
        install("second", "a", { after: ["volumes"] }),
      ]),
    ),
    plan(
      "move-two",
      proposalOf("host.h1.path_in_use == 'b' && host.h2.path_in_use == 'b'", [
        path("one", "h1", "b"),
        path("two", "h2", "b", { after: ["one"] }),
      ]),
    ),
  ];
}

function shopPlans(): readonly GoodPlan[] {
  const plan = (name: string, proposal: ProposalData): GoodPlan => ({
    name,
    pack: "web-service",
    facts: shopFacts,
    inputs: {},
    proposal,
  });
  const probe = (id: string, action: string, change: Partial<StepData> = {}): StepData =>
    callOf(id, `probe.${action}`, {}, { kind: "probe", onFailure: "stop", ...change });
  const shop = (
    id: string,
    action: string,
    args: Readonly<Record<string, JsonValue>>,
    change: Partial<StepData>,
  ): StepData => callOf(id, action, { service: "shop", ...args }, change);
  return [
    plan("average-plan", packaged("packs/web-service", "average-plan")),
    plan(
      "look-then-scale",
      proposalOf("", [
        probe("traffic", "traffic"),
        shop("grow", "service.scale", { workers: 6 }, { after: ["traffic"], when: "traffic == 'surge'" }),
        shop("steady", "service.scale", { workers: 4 }, { after: ["traffic"], when: "traffic == 'normal'" }),
      ]),
    ),
    plan(
      "bad-release",
      proposalOf("", [
        probe("deploy", "deploy"),
        probe("locks", "locks", { after: ["deploy"], when: "deploy == 'recent'" }),
        ask("ask", { after: ["locks"], when: "locks == 'clean'" }),
        shop("back", "service.roll_back", {}, { after: ["ask"], when: "ask == 'approved'" }),
        shop("grow", "service.scale", { workers: 5 }, { after: ["back"] }),
      ]),
    ),
    plan(
      "night-report",
      proposalOf("", [
        probe("nightly", "nightly"),
        probe("breaker", "breaker"),
        shop(
          "end",
          "sessions.terminate_report",
          { count_max: 4 },
          { after: ["nightly"], when: "nightly == 'heavy'", onFailure: "escalate" },
        ),
        shop(
          "rest",
          "service.restore_breaker",
          {},
          { after: ["end", "breaker"], when: "breaker == 'changed' && end == 'done'", onFailure: "escalate" },
        ),
      ]),
    ),
  ];
}

function fleetPlans(): readonly GoodPlan[] {
  const plan = (name: string, proposal: ProposalData, inputs: GoodPlan["inputs"] = {}): GoodPlan => ({
    name,
    pack: "language",
    facts: fleetFacts,
    inputs,
    proposal,
  });
  const scale = (id: string, host: string, workers: number, change: Partial<StepData> = {}): StepData =>
    callOf(id, "host.scale", { host, workers, note: "more", change: "wanted" }, change);
  const version = { name: "version", from: "input", value: "version" };
  const deploy = (id: string, host: string, change: Partial<StepData>): StepData =>
    stepOf(id, {
      action: "host.deploy",
      args: [{ name: "host", from: "literal", value: JSON.stringify(host) }, version],
      ...change,
    });
  return [
    plan("roll-out", packaged("examples/language/pack", "roll-out"), { version: "v2" }),
    plan(
      "canary",
      proposalOf("host.b.version == 'v2'", [
        scale("more", "a", 4),
        deploy("try", "b", { after: ["more"], onFailure: "branch" }),
        scale("back", "a", 2, { after: ["try"], when: "try == 'done'" }),
        scale("help", "c", 8, { after: ["try"], when: "try == 'failed'" }),
      ]),
      { version: "v2" },
    ),
    plan(
      "scale-the-busy-one",
      proposalOf("", [
        callOf("look", "host.look", { host: "c" }, { kind: "probe", onFailure: "stop" }),
        scale("more", "c", 6, { after: ["look"], when: "look == 'busy'" }),
        wait("settle", { after: ["more"] }),
        scale("fewer", "c", 4, { after: ["settle"] }),
      ]),
    ),
    plan(
      "fleet-with-failures",
      proposalOf("", [
        stepOf("all", {
          action: "host.deploy",
          args: [{ name: "host", from: "each", value: "host" }, version],
          onFailure: "branch",
        }),
        scale("after", "a", 3, { after: ["all"] }),
      ]),
      { version: "v2" },
    ),
  ];
}

function operationPlans(): readonly GoodPlan[] {
  const plan = (name: string, proposal: ProposalData): GoodPlan => ({
    name,
    pack: "long-operation",
    facts: operationFacts,
    inputs: {},
    proposal,
  });
  const resize = (id: string, size: string, change: Partial<StepData> = {}): StepData =>
    callOf(id, "database.resize", { database: "orders", size }, change);
  const patch = (id: string, host: string, change: Partial<StepData> = {}): StepData =>
    callOf(id, "host.patch", { host, patch: "july" }, { onFailure: "escalate", ...change });
  return [
    plan("resize", proposalOf("database.orders.size == 'large'", [resize("grow", "large")])),
    plan(
      "patch-around-a-resize",
      proposalOf("host.c11.patch == 'july' && host.c12.patch == 'july'", [
        resize("grow", "large"),
        patch("first", "c11", { after: ["grow"] }),
        ask("go_on", { after: ["first"] }),
        patch("second", "c12", { after: ["go_on"], when: "go_on == 'approved'" }),
      ]),
    ),
  ];
}

function typedPlans(): readonly GoodPlan[] {
  const plan = (name: string, proposal: ProposalData): GoodPlan => ({
    name,
    pack: "typed-facts",
    facts: typedFacts,
    inputs: {},
    proposal,
  });
  const shift = (id: string, site: string, share: number, change: Partial<StepData> = {}): StepData =>
    callOf(id, "site.shift", { site, share }, change);
  const renew = (id: string, site: string, expires: string, change: Partial<StepData> = {}): StepData =>
    callOf(id, "site.renew", { site, expires }, change);
  return [
    plan(
      "drain-and-renew",
      proposalOf("site.green.expires >= '2027-06-01T00:00:00Z'", [
        shift("drain", "green", 0),
        renew("renew", "green", "2027-06-01T00:00:00Z", { after: ["drain"] }),
        shift("fill", "green", 0.5, { after: ["renew"] }),
      ]),
    ),
    plan(
      "renew-and-seal",
      proposalOf("site.blue.sealed && site.blue.expires != instant('2026-12-31T00:00:00Z')", [
        shift("spare", "green", 0.5),
        shift("drain", "blue", 0, { after: ["spare"] }),
        renew("renew", "blue", "2027-06-01T02:00:00+02:00", { after: ["drain"] }),
        callOf("seal", "site.seal", { site: "blue" }, { after: ["renew"], onFailure: "escalate" }),
      ]),
    ),
  ];
}

/** Every good plan. */
export function goodPlans(): readonly GoodPlan[] {
  return [...configPlans(), ...arrayPlans(), ...shopPlans(), ...fleetPlans(), ...operationPlans(), ...typedPlans()];
}
