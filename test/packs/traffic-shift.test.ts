// examples/traffic-shift: weights that make 100, and versions in order.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connectors, connectorTraits, findTemplateProblems } from "../../src/connectors/index.ts";
import { checkDomain } from "../../src/core/domain/check-domain.ts";
import { parseProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import { findEffectProblems } from "../../src/flow/plan/check-effects.ts";
import { compileOrThrow, requestOf } from "../support/proposals.ts";
import { readDomainFile } from "../support/read-domain.ts";

const folder = new URL("../../examples/traffic-shift/pack/", import.meta.url);
const domain = readDomainFile(new URL("domain.yaml", folder));
const shift = readFileSync(new URL("proposals/shift.json", folder), "utf8");
const facts = {
  "record.www.blue": 100,
  "record.www.green": 0,
  "pool.blue.version": "1.9.0",
  "pool.green.version": "1.9.0",
  "pool.blue.healthy": true,
  "pool.green.healthy": true,
};

/** What refuses the proposal, with one text of it replaced. */
function refusals(from = "", to = ""): readonly { readonly code: string; readonly hint: string }[] {
  expect(shift).toContain(from);
  const proposal = parseProposal(Buffer.from(shift.replaceAll(from, to)));
  if (!proposal.ok) throw new Error(JSON.stringify(proposal.error));
  const plan = compileOrThrow(requestOf(proposal.value, { domain }), facts);
  return findEffectProblems(plan, { domain, proposal: proposal.value }).map(({ code, hint }) => ({ code, hint }));
}

describe("the example of a traffic shift", () => {
  it("declares a domain that means something, to the gate and to the connector", () => {
    expect(checkDomain(domain, connectorTraits)).toEqual([]);
    expect(findTemplateProblems(domain, connectors)).toEqual([]);
  });

  it("has a proposal that the gate accepts", () => {
    expect(refusals()).toEqual([]);
  });

  it("refuses weights that do not make 100, and says that no other step would help", () => {
    expect(refusals('"90"', '"80"')).toEqual([
      {
        code: "E_EFFECT_INVARIANT",
        hint: "`tenth` sets all of it by itself: give `tenth` other arguments, or leave it out",
      },
    ]);
  });

  it("refuses an older version", () => {
    expect(refusals("1.10.0", "1.8.0").map(({ code }) => code)).toContain("E_EFFECT_PRE");
  });
});
