import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { planHashOf } from "../../src/core/plan/plan-hash.ts";
import { readProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import { parseJson } from "../../src/core/value/json.ts";
import { makeGateDocuments } from "./gate-documents.ts";

function read(name: string): string {
  return readFileSync(new URL(`gate/${name}`, import.meta.url), "utf8");
}

const made = makeGateDocuments();
const vectors = JSON.parse(read("vectors.json")) as Readonly<Record<string, string>>;

/** The byte layout of a digest, computed again with another library. */
function hashByHand(format: string, canonical: string): string {
  return `sha256:${createHash("sha256").update(`${format}\0${canonical}`, "utf8").digest("hex")}`;
}

describe("golden documents of the gate", () => {
  it.each(Object.keys(made))("%s is what it has always been", (name) => {
    expect(made[name]).toBe(read(name));
  });

  it("reads the golden plan back to the same bytes", () => {
    const parsed = parseJson(read("plan.json"));

    expect(parsed.ok && `${canonicalText(parsed.value)}\n`).toBe(read("plan.json"));
    expect(parsed.ok && planHashOf(parsed.value)).toBe(vectors["interlock.plan/2"]);
  });

  it("reads the plan that 0.1.0 made of the same proposal, under the hash it had then", () => {
    const was = JSON.parse(read("0.1.0/vectors.json")) as Readonly<Record<string, string>>;
    const parsed = parseJson(read("0.1.0/plan.json"));

    expect(parsed.ok && planHashOf(parsed.value)).toBe(was["interlock.plan/1"]);
    // Only the name of its format has changed since.
    expect(read("0.1.0/plan.json").replace("interlock.plan/1", "interlock.plan/2")).toBe(read("plan.json"));
  });

  it("reads the golden proposal back to the same value", () => {
    const json = parseJson(read("proposal.json"));
    const proposal = json.ok ? readProposal(json.value) : json;

    expect(json.ok && proposal.ok && canonicalText(proposal.value) === canonicalText(json.value)).toBe(true);
  });

  it("has the hashes that another implementation finds in the files", () => {
    expect(hashByHand("interlock.plan/2", read("plan.json").trimEnd())).toBe(vectors["interlock.plan/2"]);
    expect(hashByHand("interlock.domain/1", read("domain.json").trimEnd())).toBe(vectors["interlock.domain/1"]);
  });
});
