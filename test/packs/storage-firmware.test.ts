import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningArray, startArray } from "../../lab/array/client.ts";
import { connectors, connectorTraits, findTemplateProblems } from "../../src/connectors/index.ts";
import { checkDomain } from "../../src/core/domain/check-domain.ts";
import { resolveTemplate } from "../../src/core/domain/template.ts";
import type { CompileRequest } from "../../src/core/plan/compile/compilation.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { pinPlan } from "../../src/core/plan/compile/pin-plan.ts";
import type { ObservedObject } from "../../src/core/plan/compile/read-object.ts";
import type { Call, CallStep, ObjectObservation, ObjectRef, Plan } from "../../src/core/plan/plan.ts";
import { parseProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import type { Reply } from "../../src/core/run/words/input.ts";
import { digest } from "../../src/core/value/digest.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { systemClock } from "../../src/engine/clock.ts";
import { observeObjects } from "../../src/engine/effects/perform-observe.ts";
import { type EffectContext, performCall } from "../../src/engine/effects/perform-send.ts";
import { parseSiteConfig } from "../../src/packs/site-config.ts";
import { readYaml } from "../../src/packs/yaml.ts";
import { Stopper } from "../../src/ports/stop.ts";
import { readDomainFile } from "../support/read-domain.ts";

const domain = readDomainFile(new URL("../../packs/storage-firmware/domain.yaml", import.meta.url));
const proposalsFolder = new URL("../../packs/storage-firmware/proposals", import.meta.url).pathname;

function requestOf(name: string): CompileRequest {
  const proposal = unwrap(parseProposal(readFileSync(join(proposalsFolder, `${name}.json`))));
  const connections = digest("interlock.connections/1", []);
  return {
    proposal,
    domain,
    proposer: { kind: "file", id: `${name}.json`, onBehalfOf: "alice" },
    goal: "",
    inputs: [],
    roundTrips: [],
    parent: null,
    pins: { pack: null, connections, policies: null, situation: null, evidence: null },
  };
}

function unwrap<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 1));
  return result.value;
}

describe("the pack", () => {
  it("declares a domain that means something, to the gate and to the connector", () => {
    expect(checkDomain(domain, connectorTraits)).toEqual([]);
    expect(findTemplateProblems(domain, connectors)).toEqual([]);
  });

  it("has an example site that the connector accepts and that binds every secret by reference", () => {
    const site = unwrap(
      parseSiteConfig(
        unwrap(
          readYaml(readFileSync(new URL("../../examples/storage-firmware/interlock.yaml", import.meta.url), "utf8")),
        ),
      ),
    );

    expect(connectors.get("http")?.checkSettings(site.connections["array"]?.settings ?? null, "")).toEqual([]);
    expect(Object.keys(site.connections["array"]?.secrets ?? {})).toEqual(domain.connections[0]?.secrets.toSorted());
  });

  it("has proposals of which each compiles: what is wrong with an order is not its form", () => {
    const inputs = [
      { name: "active", value: "a" },
      { name: "passive", value: "b" },
      { name: "version", value: "4.2.0" },
    ];
    const files = readdirSync(proposalsFolder).map((file) => file.replace(".json", ""));

    const refused = files.flatMap((name) => {
      const draft = draftPlan({
        ...requestOf(name),
        inputs: name === "upgrade-to-version" ? inputs : [],
      });
      return draft.ok ? [] : draft.error;
    });

    expect([files.length, refused]).toEqual([5, []]);
  });
});

describe("the pack on the real array", () => {
  let array: RunningArray;
  let context: EffectContext;
  let plan: Plan;

  beforeAll(async () => {
    array = await startArray({ upgradeMs: 60, withToken: true });
    const settings = {
      base: array.url,
      auth: { kind: "bearer", token: { $secret: "token" } },
      readAuth: { kind: "bearer", token: { $secret: "read_token" } },
    };
    const connector = connectors.get("http");
    if (connector === undefined) throw new Error("the pack needs http");
    const tokens = new Map([
      ["env:TOKEN", array.token],
      ["env:READ", array.readToken],
    ]);
    context = {
      connections: new Map([
        [
          "array",
          {
            name: "array",
            connector,
            settings,
            secrets: new Map([
              ["token", "env:TOKEN"],
              ["read_token", "env:READ"],
            ]),
          },
        ],
      ]),
      resolveSecret: (reference) => Promise.resolve({ ok: true, value: tokens.get(reference) ?? "" }),
      stop: new Stopper(),
      clock: systemClock,
    };
    const draft = unwrap(draftPlan(requestOf("upgrade-both")));
    plan = unwrap(pinPlan(draft, unwrap(await observeObjects(draft.plan.observations, context))));
  });

  afterAll(() => array.stop());

  const observe = async (object: ObjectRef): Promise<ObservedObject> => {
    const observation: ObjectObservation | undefined = plan.observations.find(
      (candidate) => candidate.object === object,
    );
    if (observation === undefined) throw new Error(`the plan does not read ${object}`);
    const [seen] = unwrap(await observeObjects([observation], context));
    if (seen === undefined) throw new Error("one object was read");
    return seen;
  };

  /** Sends a call as a run would, with what only a run knows: fence, key and earlier facts. */
  const send = (
    call: Call,
    bound: { readonly fence: string | null; readonly key: string; readonly args?: Readonly<Record<string, JsonValue>> },
  ): Promise<Reply> => {
    const template = resolveTemplate(call.with, ({ kind, name }) =>
      kind === "$fence"
        ? bound.fence
        : kind === "$key"
          ? bound.key
          : kind === "$arg"
            ? bound.args?.[String(name)]
            : undefined,
    );
    return performCall({ ...call, with: template }, context);
  };

  const callSteps = (): readonly CallStep[] => plan.steps.filter((step): step is CallStep => step.kind === "act");

  it("pins every object as it stands, all facts known", () => {
    expect(plan.pins.targets.map(({ object }) => object)).toEqual([
      "controller/a",
      "controller/b",
      "host/h1",
      "host/h2",
      "host/h3",
      "host/h4",
      "volumes/all",
    ]);
    expect(plan.pins.targets.flatMap(({ facts }) => facts)).toContainEqual({
      name: "controller.b.firmware",
      value: "4.1.0",
    });
    expect(plan.pins.targets.flatMap(({ facts }) => facts)).toContainEqual({ name: "host.h4.path_in_use", value: "a" });
  });

  it("does the right order under fence and key, undoes it in reverse, and no host misses a read", async () => {
    const done: { readonly step: CallStep; readonly before: ObservedObject }[] = [];
    for (const [index, step] of callSteps().entries()) {
      const before = await observe(step.target ?? "volumes/all");
      expect(await send(step.call, { fence: before.fence, key: `do-${index}` })).toMatchObject({ kind: "applied" });
      await array.settled();
      const after = await observe(step.target ?? "volumes/all");
      for (const { fact, value } of step.effect) expect(after.facts).toContainEqual({ name: fact, value });
      done.push({ step, before });
    }
    expect((await array.snapshot()).controllers.map(({ firmware }) => firmware)).toEqual(["4.2.0", "4.2.0"]);

    for (const [index, { step, before }] of done.toReversed().entries()) {
      const { compensation } = step;
      if (compensation === null) throw new Error(`${step.id} has no way back`);
      const args = Object.fromEntries(
        compensation.args.flatMap((arg) =>
          arg.from === "before" ? [[arg.name, before.facts.find(({ name }) => name === arg.fact)?.value ?? null]] : [],
        ),
      );
      const { fence } = await observe(step.target ?? "volumes/all");
      expect(await send(compensation.call, { fence, key: `undo-${index}`, args })).toMatchObject({ kind: "applied" });
      await array.settled();
      expect(await observe(step.target ?? "volumes/all")).toEqual(before);
    }

    const { unavailableMs, reads } = await array.availability();
    expect({ unavailableMs, missed: reads.unavailable }).toEqual({ unavailableMs: 0, missed: 0 });
    expect(reads.ok).toBeGreaterThan(0);
  });

  it("changes nothing under a fence that has moved", async () => {
    const [step] = callSteps().filter(({ target }) => target === "host/h1");
    if (step === undefined) throw new Error("the plan moves h1");
    const effects = (await array.effects()).length;

    expect(await send(step.call, { fence: '"another"', key: "moved" })).toMatchObject({
      kind: "rejected",
      problem: { code: "E_FENCE_MOVED" },
      retryable: false,
    });
    expect(await array.effects()).toHaveLength(effects);
  });

  it("is applied once under one key, though its reply was lost and it was sent again", async () => {
    const [step] = callSteps().filter(({ target }) => target === "host/h2");
    if (step === undefined) throw new Error("the plan moves h2");
    const { fence } = await observe("host/h2");
    const effects = (await array.effects()).length;
    await array.fault({ kind: "drop_reply", pathPrefix: "/hosts/h2" });

    const first = await send(step.call, { fence, key: "same" });
    const second = await send(step.call, { fence, key: "same" });

    expect(first).toMatchObject({ kind: "unknown", problem: { code: "E_TARGET_LOST" } });
    expect(second).toMatchObject({ kind: "applied", output: { headers: { "idempotent-replayed": "true" } } });
    expect(await array.effects()).toHaveLength(effects + 1);
  });

  it("reads with a credential that cannot write (I13)", async () => {
    const [step] = callSteps();
    if (step === undefined) throw new Error("the plan has steps");
    const settings = { base: array.url, auth: { kind: "bearer", token: { $secret: "read_token" } } };
    const connection = context.connections.get("array");
    if (connection === undefined) throw new Error("the connection is there");
    const readOnly = { ...context, connections: new Map([["array", { ...connection, settings }]]) };

    const template = resolveTemplate(step.call.with, ({ kind }) =>
      kind === "$fence" ? '"x"' : kind === "$key" ? "k" : undefined,
    );

    expect(await performCall({ ...step.call, with: template }, readOnly)).toMatchObject({
      kind: "rejected",
      problem: { code: "E_TARGET_REFUSED" },
    });
  });

  it.each([
    [{ kind: "oversize", sizeMb: 11 }, "unknown", "E_OUTPUT_SIZE"],
    [{ kind: "refuse", status: 503 }, "unknown", "E_TARGET_LOST"],
    [{ kind: "close_connection" }, "unknown", "E_TARGET_LOST"],
  ] as const)("is in doubt after %j", async (fault, kind, code) => {
    const [step] = callSteps().filter(({ target }) => target === "host/h3");
    if (step === undefined) throw new Error("the plan moves h3");
    const { fence } = await observe("host/h3");
    await array.fault({ ...fault, pathPrefix: "/hosts/h3" });

    expect(await send(step.call, { fence, key: `fault-${fault.kind}` })).toMatchObject({ kind, problem: { code } });
  });

  it("takes a 2xx for an acknowledgement though its body is garbage: the write is read back anyway", async () => {
    const [step] = callSteps().filter(({ target }) => target === "host/h3");
    if (step === undefined) throw new Error("the plan moves h3");
    const { fence } = await observe("host/h3");
    await array.fault({ kind: "garbage", pathPrefix: "/hosts/h3" });

    expect(await send(step.call, { fence, key: "fault-garbage" })).toMatchObject({
      kind: "applied",
      output: { body: { $unreadable: expect.stringMatching(/^document /) } },
    });
  });
});
