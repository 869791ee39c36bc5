import { describe, expect, it } from "vitest";
import { parseDomain } from "../../domain/parse-domain.ts";
import { digest } from "../../value/digest.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { draftPlan } from "./compile.ts";
import type { PlanDraft } from "./pin-plan.ts";

const workers = { integer: [1, 64] };
const domain: JsonValue = {
  format: "interlock.domain/1",
  name: "edit-reload",
  version: "1",
  connections: { disk: { connector: "file" }, web: { connector: "http" } },
  types: {
    config: {
      facts: { workers },
      observe: { uses: "disk/read", facts: { workers: "/value/workers" }, fingerprint: ["/path"] },
    },
    service: {
      facts: { workers },
      observe: { uses: "web/get", facts: { workers: "/body/workers" }, fingerprint: ["/body/name"] },
    },
  },
  inventory: { config: { app: {} }, service: { app: {} } },
  actions: {
    "config.workers": {
      class: "reversible",
      uses: "disk/edit",
      target: "config",
      input: { config: { object: "config" }, workers },
      effect: ["self.workers = arg.workers"],
      compensate: {
        action: "config.workers",
        args: { workers: { before: "workers" } },
        thenRun: [{ action: "service.reload", args: { service: { literal: "app" }, workers: { before: "workers" } } }],
      },
    },
    "service.reload": {
      class: "reversible",
      uses: "web/post",
      target: "service",
      input: { service: { object: "service" }, workers },
      effect: ["self.workers = arg.workers"],
      compensate: { action: "service.reload", args: { workers: { before: "workers" } } },
      locks: ["reloads"],
    },
  },
};

function step(
  id: string,
  action: string,
  args: Readonly<Record<string, string>>,
  after: readonly string[],
): ProposedStep {
  const given = Object.entries(args).map(([name, value]) => ({ name, from: "literal", value }) as const);
  return { id, action, purpose: "", kind: "act", after, when: "", args: given, expect: [], onFailure: "rollback" };
}

function draft(steps: readonly ProposedStep[]): PlanDraft["plan"] {
  const parsed = parseDomain(domain);
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join());
  const drafted = draftPlan({
    proposal: { format: "interlock.proposal/1", goal: "", summary: "", decline: "", assumptions: [], steps },
    domain: parsed.value,
    proposer: { kind: "file", id: "test", onBehalfOf: "test" },
    goal: "",
    inputs: [],
    pins: { pack: null, connections: digest("interlock.test/1", 1), policies: null, situation: null, evidence: null },
    roundTrips: [],
    parent: null,
  });
  if (!drafted.ok) throw new Error(drafted.error.map(({ message }) => message).join());
  return drafted.value.plan;
}

const edit = step("edit", "config.workers", { config: '"app"', workers: "8" }, []);
const reload = step("reload", "service.reload", { service: '"app"', workers: "8" }, ["edit"]);

describe("what must run after an undo", () => {
  it("stands in the plan with its object, locks and proof, and covers the later step of its kind", () => {
    const { steps, observations } = draft([edit, reload]);

    expect(steps[0]).toMatchObject({
      reads: ["config/app", "service/app"],
      locks: ["config/app"],
      compensation: {
        restores: ["config.app.workers"],
        thenRun: [
          {
            action: "service.reload",
            target: "service/app",
            args: [
              { name: "service", from: "literal", value: "app" },
              { name: "workers", from: "before", fact: "config.app.workers" },
            ],
            restores: ["service.app.workers"],
            copies: [{ fact: "service.app.workers", of: "config.app.workers" }],
            locks: ["reloads", "service/app"],
            covers: ["reload"],
          },
        ],
      },
    });
    expect(observations.map(({ object }) => object)).toEqual(["config/app", "service/app"]);
  });

  it("covers no step that does not wait for the other", () => {
    const { steps } = draft([edit, { ...reload, after: [] }]);

    expect(steps.find(({ id }) => id === "edit")).toMatchObject({ compensation: { thenRun: [{ covers: [] }] } });
  });
});
