import { readFileSync } from "node:fs";
import { domainDigest } from "../../src/core/domain/domain-digest.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { pinPlan } from "../../src/core/plan/compile/pin-plan.ts";
import { type ObservedObject, readObject } from "../../src/core/plan/compile/read-object.ts";
import type { Plan } from "../../src/core/plan/plan.ts";
import { planFileText, planHash } from "../../src/core/plan/plan-hash.ts";
import { diffPlans, renderDiff } from "../../src/core/plan/show/diff.ts";
import { drawDot, drawMermaid } from "../../src/core/plan/show/draw-plan.ts";
import { outlinePlan } from "../../src/core/plan/show/outline.ts";
import { renderOutline } from "../../src/core/plan/show/render-outline.ts";
import { renderReview } from "../../src/core/plan/show/render-review.ts";
import { reviewPlan } from "../../src/core/plan/show/review.ts";
import { readProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import { digest } from "../../src/core/value/digest.ts";
import { parseJson } from "../../src/core/value/json.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { parseSiteConfig } from "../../src/packs/site-config.ts";
import { readYaml } from "../../src/packs/yaml.ts";

const folder = new URL("gate/", import.meta.url);

/** The outputs of the golden plan's objects when they were read. */
const outputs: Readonly<Record<string, JsonValue>> = {
  "deploy/api": {
    uid: "u-2",
    image: "shop/api:7",
    etag: "e-9",
    replicas: 2,
    status: { phase: "Serving", ready: true },
  },
  "deploy/web": {
    uid: "u-1",
    image: "shop/web:7",
    etag: "e-4",
    replicas: 2,
    status: { phase: "Serving", ready: true },
  },
};

function read(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

function must<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 1));
  return result.value;
}

/** Compiles a golden proposal against the golden domain and world. */
function compileGolden(name: string): Plan {
  const proposal = must(readProposal(must(parseJson(read(name)))));
  const domain = must(parseDomain(must(readYaml(read("domain.yaml")))));
  const request = {
    proposal,
    domain,
    proposer: { kind: "file", id: name, onBehalfOf: "alice" } as const,
    goal: "",
    roundTrips: [],
    parent: null,
    inputs: [{ name: "count", value: 4 }],
    pins: {
      pack: null,
      connections: digest("interlock.connections/1", []),
      policies: null,
      situation: null,
      evidence: null,
    },
  };
  const draft = must(draftPlan(request));
  const observed = draft.plan.observations.map(
    (observation): ObservedObject => readObject(observation, outputs[observation.object] ?? null),
  );
  return must(pinPlan(draft, observed));
}

/**
 * Every golden document of the gate, made by the present code from the sources in `gate/` (`domain.yaml`,
 * `proposal.json`, `proposal-2.json`, `site.yaml`). The test compares them with the files, which `node
 * test/golden/write-gate.ts` writes.
 */
export function makeGateDocuments(): Readonly<Record<string, string>> {
  const domain = must(parseDomain(must(readYaml(read("domain.yaml")))));
  const [plan, other] = [compileGolden("proposal.json"), compileGolden("proposal-2.json")];
  const site = must(parseSiteConfig(must(readYaml(read("site.yaml")))));
  const vectors = {
    "interlock.domain/1": domainDigest(domain),
    "interlock.plan/2": planHash(plan),
    "interlock.proposal/1": digest("interlock.proposal/1", must(readProposal(must(parseJson(read("proposal.json")))))),
    "interlock.review/1": digest("interlock.review/1", reviewPlan(plan)),
  };
  return {
    "domain.json": `${canonicalText(domain)}\n`,
    "plan.json": planFileText(plan),
    "outline.txt": renderOutline(reviewPlan(plan), outlinePlan(plan)),
    "review.txt": renderReview(reviewPlan(plan)),
    "plan.dot": drawDot(plan),
    "plan.mmd": drawMermaid(plan),
    "diff.txt": renderDiff(diffPlans(plan, other)),
    "site.json": `${canonicalText(site)}\n`,
    "vectors.json": `${JSON.stringify(vectors, null, 2)}\n`,
  };
}
