import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkDomain } from "../../src/core/domain/check-domain.ts";
import { parseDomain } from "../../src/core/domain/parse-domain.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { renderReview } from "../../src/core/plan/show/render-review.ts";
import { reviewPlan } from "../../src/core/plan/show/review.ts";
import { parseProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import { codes, type Problem } from "../../src/core/value/codes.ts";
import { isJsonObject, type JsonValue } from "../../src/core/value/json-value.ts";
import { readYaml } from "../../src/packs/yaml.ts";
import { testConnectors } from "../support/connector-traits.ts";
import { compileOrThrow, literal, proposalOf, requestOf, scale } from "../support/proposals.ts";
import { readCorpus, type Variant } from "./corpus.ts";

const corpus = readCorpus();
const own = corpus
  .filter((item) => item.runBy === "gate")
  .flatMap((item) =>
    (item.variants ?? []).map((variant) => ({ item, variant, name: `${item.id} ${item.title}: ${variant.where}` })),
  );

/** The problems of a document on its way from bytes to a plan, and the number of calls that its plan would send. */
function walkGate(bytes: Uint8Array): { readonly problems: readonly Problem[]; readonly effectCount: number } {
  const proposal = parseProposal(bytes);
  if (!proposal.ok) return { problems: proposal.error, effectCount: 0 };
  const draft = draftPlan(requestOf(proposal.value));
  if (!draft.ok) return { problems: draft.error, effectCount: 0 };
  return {
    problems: [],
    effectCount: draft.value.plan.steps.filter((step) => step.kind === "act" || step.kind === "probe").length,
  };
}

function bytesOf(variant: Exclude<Variant, { readonly kind: "domain" | "render" }>): Uint8Array {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  switch (variant.kind) {
    case "bytes":
      return encode(variant.text);
    case "hex":
      return Uint8Array.from(Buffer.from(variant.text, "hex"));
    case "proposal":
      return encode(JSON.stringify(variant.value));
    case "nested":
    case "spaces": {
      const filling =
        variant.kind === "nested"
          ? `${"[".repeat(variant.count)}${"]".repeat(variant.count)}`
          : `${" ".repeat(variant.count)}3`;
      const proposal = proposalOf([scale("s1")]);
      if (variant.in === "document")
        return encode(JSON.stringify(proposal).replace('"assumptions":[]', `"assumptions":[${filling}]`));
      return encode(
        JSON.stringify(
          proposalOf([
            scale("s1", { args: [literal("deploy", "web"), { name: "replicas", from: "literal", value: filling }] }),
          ]),
        ),
      );
    }
  }
}

/** Checks the shop's domain without one field of one action. */
function walkDomain(remove: readonly [string, string]): readonly Problem[] {
  const read = readYaml(readFileSync(new URL("pack/domain.yaml", import.meta.url), "utf8"));
  const source = read.ok && isJsonObject(read.value) ? read.value : {};
  const actions = source["actions"] as { readonly [name: string]: { readonly [field: string]: JsonValue } };
  const [name, field] = remove;
  const action = Object.fromEntries(Object.entries(actions[name] ?? {}).filter(([key]) => key !== field));
  const domain = parseDomain({ ...source, actions: { ...actions, [name]: action } });
  return domain.ok ? checkDomain(domain.value, testConnectors) : domain.error;
}

describe("hostile documents", () => {
  it.each(own.filter(({ variant }) => variant.kind !== "render"))("$name", ({ item, variant }) => {
    if (variant.kind === "render") return;

    const { problems, effectCount } =
      variant.kind === "domain" ? { problems: walkDomain(variant.remove), effectCount: 0 } : walkGate(bytesOf(variant));

    expect([...new Set(problems.map((found) => found.code))]).toEqual([item.expected.code]);
    expect(effectCount).toBe(item.expected.effects);
    expect(problems.every((found) => codes[found.code].exitCode === 10)).toBe(true);
  });

  it.each(own.filter(({ variant }) => variant.kind === "render"))("$name is shown inert", ({ variant }) => {
    if (variant.kind !== "render") return;
    const proposal = parseProposal(JSON.stringify(variant.value));

    const text = proposal.ok ? renderReview(reviewPlan(compileOrThrow(requestOf(proposal.value)))) : "";

    expect(text).not.toBe("");
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  });
});

describe("the corpus", () => {
  it("has every item once, and says of each open one what it waits for", () => {
    expect(new Set(corpus.map((item) => item.id)).size).toBe(corpus.length);
    expect(corpus.filter((item) => item.runBy === "open" && item.note === undefined)).toEqual([]);
    expect(corpus.filter((item) => item.runBy === "gate" && (item.variants ?? []).length === 0)).toEqual([]);
  });

  it("names codes that exist, with the stage it expects, for every item that is run here", () => {
    const known = corpus.filter((item) => item.runBy === "gate" && item.expected.code !== "none");

    expect(known.filter((item) => !Object.hasOwn(codes, item.expected.code))).toEqual([]);
  });

  it("is refused for its content and not for its shape: the same documents without it compile", () => {
    expect(walkGate(new TextEncoder().encode(JSON.stringify(proposalOf([scale("s1")]))))).toEqual({
      problems: [],
      effectCount: 1,
    });
  });
});
