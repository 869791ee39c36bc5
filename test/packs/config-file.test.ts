import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectors, connectorTraits, findTemplateProblems } from "../../src/connectors/index.ts";
import { checkDomain } from "../../src/core/domain/check-domain.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { pinPlan } from "../../src/core/plan/compile/pin-plan.ts";
import type { ObservedObject } from "../../src/core/plan/compile/read-object.ts";
import type { CallStep, Plan } from "../../src/core/plan/plan.ts";
import { parseProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import { bindTemplate } from "../../src/core/run/ready/template.ts";
import { digest } from "../../src/core/value/digest.ts";
import { systemClock } from "../../src/engine/clock.ts";
import { observeObjects } from "../../src/engine/effects/perform-observe.ts";
import { type EffectContext, performCall } from "../../src/engine/effects/perform-send.ts";
import { Stopper } from "../../src/ports/stop.ts";
import { readDomainFile } from "../support/read-domain.ts";

const domain = readDomainFile(new URL("../../packs/config-file/domain.yaml", import.meta.url));
const original =
  '{\n  "log": { "level": "info", "file": "app.log" },\n  "workers": 4,\n  "maintenance": false,\n  "timeout": 30\n}\n';
let root: string;
let context: EffectContext;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "config-"));
  writeFileSync(join(root, "app.json"), original);
  const connector = connectors.get("file");
  if (connector === undefined) throw new Error("the pack needs `file`");
  context = {
    connections: new Map([
      ["disk", { name: "disk", connector, settings: { root }, secrets: new Map<string, string>() }],
    ]),
    resolveSecret: () => Promise.reject(new Error("the pack has no secrets")),
    stop: new Stopper(),
    clock: systemClock,
  };
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function unwrap<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 1));
  return result.value;
}

async function compile(): Promise<Plan> {
  const proposal = unwrap(
    parseProposal(readFileSync(new URL("../../packs/config-file/proposals/log-more.json", import.meta.url))),
  );
  const pins = {
    pack: null,
    connections: digest("interlock.connections/1", []),
    policies: null,
    situation: null,
    evidence: null,
  };
  const draft = unwrap(
    draftPlan({
      proposal,
      domain,
      proposer: { kind: "file", id: "log-more.json", onBehalfOf: "alice" } as const,
      goal: "",
      inputs: [],
      roundTrips: [],
      parent: null,
      pins,
    }),
  );
  return unwrap(pinPlan(draft, unwrap(await observeObjects(draft.plan.observations, context))));
}

const stepsOf = (plan: Plan): readonly CallStep[] => plan.steps.filter((step): step is CallStep => step.kind === "act");
const text = (): string => readFileSync(join(root, "app.json"), "utf8");
const look = async (plan: Plan): Promise<ObservedObject> => {
  const [seen] = unwrap(await observeObjects(plan.observations, context));
  if (seen === undefined) throw new Error("the plan reads the file");
  return seen;
};

describe("the pack", () => {
  it("declares a domain that means something, to the gate and to the connector", () => {
    expect(checkDomain(domain, connectorTraits)).toEqual([]);
    expect(findTemplateProblems(domain, connectors)).toEqual([]);
  });

  it("pins the file by its digest", async () => {
    const plan = await compile();

    expect((await look(plan)).fence).toBe(createHash("sha256").update(original).digest("hex"));
    expect(plan.pins.targets[0]?.facts).toEqual([
      { name: "config.app.log_level", value: "info" },
      { name: "config.app.maintenance", value: false },
      { name: "config.app.timeout", value: 30 },
      { name: "config.app.workers", value: 4 },
    ]);
  });

  it("opens the file, edits its content, saves the changes, and restores every byte on the way back", async () => {
    const plan = await compile();
    const undo: (() => Promise<unknown>)[] = [];
    for (const step of stepsOf(plan)) {
      const before = await look(plan);
      expect(
        await performCall(
          { ...step.call, with: bindTemplate(step.call.with, { args: [], fence: before.fence, key: "" }) },
          context,
        ),
      ).toMatchObject({ kind: "applied" });
      undo.unshift(async () => {
        const { fence } = await look(plan);
        const args =
          step.compensation?.args.map((arg) => ({
            name: arg.name,
            value:
              arg.from === "literal" ? arg.value : (before.facts.find(({ name }) => name === arg.fact)?.value ?? null),
          })) ?? [];
        const call = step.compensation?.call ?? step.call;
        return performCall({ ...call, with: bindTemplate(call.with, { args, fence, key: "" }) }, context);
      });
    }
    expect(text()).toBe(original.replace('"info"', '"debug"').replace("4,", "8,"));

    for (const back of undo) expect(await back()).toMatchObject({ kind: "applied" });
    expect(text()).toBe(original);
  });

  it("changes nothing when someone edited the file meanwhile", async () => {
    const plan = await compile();
    const { fence } = await look(plan);
    const edited = original.replace("app.log", "other.log");
    writeFileSync(join(root, "app.json"), edited);
    const [step] = stepsOf(plan);
    if (step === undefined) throw new Error("the plan has steps");

    expect(
      await performCall({ ...step.call, with: bindTemplate(step.call.with, { args: [], fence, key: "" }) }, context),
    ).toMatchObject({ kind: "rejected", problem: { code: "E_FENCE_MOVED" } });
    expect(text()).toBe(edited);
  });

  it("does not guess a setting that is not there, or is none of the declared values", async () => {
    const plan = await compile();
    writeFileSync(join(root, "app.json"), '{ "workers": "many", "maintenance": false }');

    expect((await look(plan)).facts.map(({ value }) => value)).toEqual([null, false, null, null]);
    await expect(compile()).rejects.toThrow("E_FACT_TYPE");
  });
});
