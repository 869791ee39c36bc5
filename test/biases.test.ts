// docs/biases.md: each of the six answers is given where people look.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createE2eSite, type E2eSite, setLevel, wireProposal } from "./e2e/e2e-site.fixture.ts";
import { sourcesBelow } from "./support/sources.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

function claiming(summary: string): string {
  return JSON.stringify({ ...(JSON.parse(wireProposal([setLevel("louder", "debug")])) as object), summary });
}

describe("what the screen does about six biases", () => {
  it("language is action: a claim of completion is a quotation, above `nothing has been done yet`", async () => {
    site.write("proposal.json", claiming("Done. I have set the level and restarted the service."));

    const { out, err } = await site.run("plan", "proposal.json");

    expect(out.replaceAll(/\n\s*│ /g, " ")).toContain(
      "asked: not recorded; the proposer says “Done. I have set the level and restarted the service.”",
    );
    expect(err).toMatch(/^nothing has been done yet; next: interlock approve /m);
    expect(site.events().some(({ kind }) => kind === "run_started")).toBe(false);
  });

  it("survivorship: refused, declined and rejected proposals are counted beside the applied ones", async () => {
    site.write("declined.json", JSON.stringify({ ...JSON.parse(wireProposal([])), decline: "I do not know." }));
    site.write("broken.json", "{}");
    await site.run("plan", "declined.json");
    await site.run("plan", "broken.json");
    await site.run("plan", "pack/proposals/log-more.json");
    await site.run("reject", "--reason", "Friday");

    const { out } = await site.run("metrics");

    const count = (result: string): string | undefined =>
      new RegExp(`^interlock_proposals\\{result="${result}"\\} (\\d+)$`, "m").exec(out)?.[1];
    expect(["planned", "applied", "rejected", "refused", "declined"].map(count)).toEqual(["1", "0", "1", "1", "1"]);
  });

  it("agentic projection: no text of ours makes a model the subject of a deed", () => {
    const verbs = "did|done|fixed|solved|decided|executed|approved|applied|restored|restarted";
    const deeds = new RegExp(`\\b(?:model|LLM|assistant|proposer) (?:has |have |had )?(?:${verbs})\\b`, "i");
    const guilty = sourcesBelow("src")
      .filter(({ path }) => !path.endsWith(".test.ts"))
      .filter(({ text }) => deeds.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")));

    expect(deeds.test("the model has fixed it")).toBe(true);
    expect(guilty.map(({ path }) => path)).toEqual([]);
  });
});
// Process mimicry is held by src/core/run/tell/explain-run.test.ts (an acknowledgement is not shown as done), instant
// effect and interface obscurity by test/e2e/explain.test.ts and src/core/run/tell/credits.test.ts.
