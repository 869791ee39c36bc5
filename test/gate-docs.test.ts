import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connectors, connectorTraits, findTemplateProblems } from "../src/connectors/index.ts";
import { checkDomain } from "../src/core/domain/check-domain.ts";
import type { Domain } from "../src/core/domain/domain.ts";
import { parseDomain } from "../src/core/domain/parse-domain.ts";
import { draftPlan } from "../src/core/plan/compile/compile.ts";
import { parseProposal } from "../src/core/plan/wire/parse-proposal.ts";
import { readYaml } from "../src/packs/yaml.ts";
import { requestOf } from "./support/proposals.ts";

function fenceOf(file: string, begins: string): string {
  const text = readFileSync(new URL(`../docs/${file}`, import.meta.url), "utf8");
  const fences = [...text.matchAll(/```(?:yaml|json)\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  return fences.find((fence) => fence.startsWith(begins)) ?? "";
}

function domainOfDocs(): Domain {
  const value = readYaml(fenceOf("domains.md", "format:"));
  const domain = value.ok ? parseDomain(value.value) : value;
  if (!domain.ok) throw new Error(JSON.stringify(domain.error));
  return domain.value;
}

describe("the documents of domains and proposals", () => {
  it("show a domain without a fault, for the existing connectors", () => {
    const domain = domainOfDocs();

    expect([...checkDomain(domain, connectorTraits), ...findTemplateProblems(domain, connectors)]).toEqual([]);
  });

  it("show a proposal that compiles against it", () => {
    const proposal = parseProposal(fenceOf("proposals.md", "{"));
    const draft = proposal.ok ? draftPlan(requestOf(proposal.value, { domain: domainOfDocs() })) : proposal;

    expect(draft.ok ? [] : draft.error).toEqual([]);
  });

  it.each(["lamp", '["desk", "door"]'])(
    "are right about `each`, `expect` and where a wait has its time: %s",
    (each) => {
      const text = fenceOf("proposals.md", "{");
      const shown = JSON.parse(text) as { readonly steps: readonly [Readonly<Record<string, unknown>>] };
      const [first] = shown.steps;
      const literal = (name: string, value: string) => ({ name, from: "literal", value });
      const steps = [
        {
          ...first,
          args: [{ name: "lamp", from: "each", value: each }, literal("level", "1")],
          expect: ["lamp.desk.lit"],
        },
        {
          ...first,
          id: "w",
          kind: "wait",
          action: "",
          after: ["s1"],
          args: [literal("forMs", "2000")],
          onFailure: "stop",
        },
      ];

      const proposal = parseProposal(JSON.stringify({ ...shown, steps }));
      const draft = proposal.ok ? draftPlan(requestOf(proposal.value, { domain: domainOfDocs() })) : proposal;

      expect(draft.ok ? draft.value.plan.steps.map(({ id }) => id) : draft.error).toEqual(["s1_1", "s1_2", "w", "end"]);
    },
  );

  it("have a row for every field of an action, and for no other", () => {
    const text = readFileSync(new URL("../docs/domains.md", import.meta.url), "utf8");
    const [, section = ""] = text.split("\n## The fields of an action\n");
    const rows = [...(section.split("\n## ")[0] ?? "").matchAll(/^\| `(\w+)` \|/gm)].map(([, field = ""]) => field);
    // This is our own schema, and another test compares it with the parser.
    const schema = JSON.parse(readFileSync(new URL("../schemas/domain.schema.json", import.meta.url), "utf8")) as {
      readonly properties: {
        readonly actions: { readonly additionalProperties: { readonly properties: Readonly<Record<string, unknown>> } };
      };
    };

    expect(rows.toSorted()).toEqual(Object.keys(schema.properties.actions.additionalProperties.properties).toSorted());
  });
});
