import type { ValueType } from "../../src/core/domain/domain.ts";
import type { Call, CallStep, Plan, PlanOperation } from "../../src/core/plan/plan.ts";
import { digest } from "../../src/core/value/digest.ts";
import type { Full } from "./damage-document.ts";

/* A plan with every field that a plan may have, and one of every kind. Nobody could run it. */

const some = digest("interlock.test/1", "some");

const everyType: ValueType = {
  kind: "record",
  fields: [
    { name: "boolean", type: { kind: "boolean" } },
    { name: "values", type: { kind: "values", values: ["a", "b"] } },
    { name: "integer", type: { kind: "integer", min: -1, max: 9 } },
    { name: "number", type: { kind: "number", min: 0.5, max: 1e300 } },
    { name: "string", type: { kind: "string", lengthMax: 9, charset: "line" } },
    { name: "releases", type: { kind: "releases", values: ["1.9", "1.10"] } },
    { name: "version", type: { kind: "version", scheme: "semver" } },
    { name: "decimal", type: { kind: "decimal", min: -1, max: 1, step: 0.25, thresholds: [0.5] } },
    { name: "instant", type: { kind: "instant", thresholds: ["2026-11-30T17:00:00Z"] } },
    { name: "object", type: { kind: "object", of: "box" } },
    { name: "path", type: { kind: "path", lengthMax: 9 } },
    { name: "url", type: { kind: "url", hosts: ["example.org"] } },
    { name: "list", type: { kind: "list", of: { kind: "boolean" }, countMax: 2 } },
  ],
};

const call: Call = {
  connection: "boxes",
  connector: "test",
  operation: "set",
  access: "write",
  with: { any: ["json", 1, null, { $arg: "level" }] },
  timeoutMs: 1_000,
  outputBytesMax: 10_000,
};

const operation: Full<PlanOperation> = {
  id: { pointer: "/body/id", take: "last_segment" },
  ask: { ...call, access: "read", with: { id: { $operation: "id" } } },
  status: "/body/status",
  running: ["running", null],
  succeeded: ["done", 200, true],
  failed: ["failed"],
  cancelled: ["cancelled"],
  error: "/body/error",
  progress: "/body/percent",
  says: "/body/message",
  everyMs: 1_000,
  withinMs: 60_000,
  cancel: { call, withinMs: 9_000 },
};

const base = { purpose: "a purpose", after: ["before"], when: "before == 'done'" };

const undo: Full<Omit<NonNullable<CallStep["compensation"]>, "thenRun">> = {
  action: "box.set",
  actionDigest: some,
  idempotency: "natural",
  call,
  args: [
    { name: "level", type: { kind: "boolean" }, from: "before", fact: "box.a.level" },
    { name: "other", type: { kind: "boolean" }, from: "literal", value: { any: ["json"] } },
  ],
  restores: ["box.a.level"],
  reads: ["box/a"],
  withinMs: 5_000,
  everyMs: 100,
  fenced: false,
  landsWithinMs: 3_000,
  retry: { attemptsMax: 2, backoffMs: 100 },
  during: [{ fact: "box.a.busy", value: true }],
  effect: [{ fact: "box.a.word", value: "low" }],
  copies: [{ fact: "box.a.level", of: "box.b.level" }],
  openPre: ["box.b.level < 3"],
  operation,
};

const act: Full<CallStep> = {
  ...base,
  id: "act",
  kind: "act",
  action: "box.set",
  actionDigest: some,
  class: "reversible",
  idempotency: "keyed",
  target: "box/a",
  args: [
    { name: "level", type: everyType, integrity: "endorsed", value: { kind: "literal", value: { any: ["json"] } } },
    {
      name: "other",
      type: { kind: "boolean" },
      integrity: "external",
      value: { kind: "output", stepId: "before", field: "level", pointer: "/level" },
    },
  ],
  call,
  output: [{ name: "level", pointer: "/level", type: { kind: "boolean" } }],
  outcomes: [{ name: "yes", when: "output.level" }],
  pre: "box.a.level == 0",
  reads: ["box/a"],
  during: [{ fact: "box.a.busy", value: true }],
  effect: [{ fact: "box.a.level", value: 1 }],
  post: { expect: "box.a.level == 1", reads: ["box/a"], withinMs: 5_000, everyMs: 100, holdMs: 0 },
  fenced: true,
  compensation: {
    ...undo,
    thenRun: [{ ...undo, target: "box/a", locks: ["box/a"], covers: ["probe"] }],
  },
  locks: ["box/a"],
  landsWithinMs: 3_000,
  retry: { attemptsMax: 2, backoffMs: 100 },
  cooldownMs: 1_000,
  rate: { count: 2, perMs: 1_000 },
  costUsd: 0.25,
  onFailure: "rollback",
  wave: { of: "act", number: 1, count: 2, abortAbove: 0 },
  operation,
};

export const fullPlan: Full<Plan> = {
  format: "interlock.plan/2",
  goal: "box.a.level == 1",
  summary: "a plan with everything",
  assumptions: ["an assumption"],
  proposer: { kind: "file", id: "proposal.json", onBehalfOf: "alice" },
  domain: { name: "boxes", version: "1", environment: "lab" },
  inputs: [{ name: "count", value: { any: ["json"] } }],
  steps: [
    act,
    { ...act, id: "probe", kind: "probe", class: "read" },
    { ...base, id: "wait", kind: "wait", forMs: 1_000, failures: { of: "act", max: 3 } },
    { ...base, id: "approve", kind: "approve", question: "go on?", withinMs: 60_000 },
    { ...base, id: "escalate", kind: "escalate", reason: "a person takes over" },
    { ...base, id: "end", kind: "end", world: "rollback", reads: ["box/a"] },
  ],
  observations: [
    {
      object: "box/a",
      call: { ...call, access: "read" },
      facts: [
        {
          fact: "level",
          pointer: "/level",
          map: [{ from: { any: "json" }, to: 1 }],
          atLeast: 0.5,
          type: { kind: "integer", min: 0, max: 9 },
        },
        { fact: "busy", pointer: "/busy", map: null, atLeast: null, type: { kind: "boolean" } },
        { fact: "word", pointer: "/word", map: null, atLeast: null, type: { kind: "values", values: ["low"] } },
        {
          fact: "image",
          pointer: "/image",
          map: null,
          atLeast: null,
          type: { kind: "string", lengthMax: 9, charset: "line" },
        },
        { fact: "version", pointer: "/version", map: null, atLeast: null, type: { kind: "version", scheme: "semver" } },
      ],
      fingerprint: ["/id"],
      fresh: { kind: "within", pointer: "/at", withinMs: 5 },
      fence: "/etag",
    },
  ],
  invariants: [{ name: "calm", holds: "box.a.level < 9" }],
  proof: { kind: "proven", stateCount: 12, faultCountMax: 1 },
  bounds: { stepCount: 6, writeCount: 1, callCount: 9, outputBytes: 1_000, costUsd: 0.5, durationMs: 1e18 },
  pins: {
    domain: some,
    pack: some,
    connections: some,
    policies: some,
    situation: some,
    evidence: some,
    engine: "interlock.kernel/1",
    targets: [{ object: "box/a", fingerprint: some, facts: [{ name: "box.a.level", value: 0 }] }],
    programs: [{ path: "/usr/bin/true", digest: some }],
    folders: [{ path: "/srv/app", leadsTo: "/srv/releases/42", file: "7" }],
  },
  parent: { runId: "run_1", incidentId: "inc_1" },
  intent: { text: "the box is empty", by: "olivia", goalBy: "both" },
  preparedBy: { kind: "agent", id: "helper" },
};

/** Places of a plan that hold any JSON. */
const freePlaces = [
  /\/(?:call|ask)\/with$/,
  /^\/inputs\/\d+\/value$/,
  /\/value\/value$/,
  /\/compensation(\/thenRun\/\d+)?\/args\/\d+\/value$/,
  /\/map\/\d+\/from$/,
];

/** Whether this place of a plan holds any JSON. */
export function isFreeInPlan(pointer: string): boolean {
  return freePlaces.some((place) => place.test(pointer));
}
