// `interlock apply | head -1`: the reader goes away, and the run must not end because of it.
import { once } from "node:events";
import { expect, it } from "vitest";
import { planAndApprove, setLevel, waitStep, wireProposal } from "./e2e-site.fixture.ts";
import { createGatedSite, setGate, throughGate } from "./gate.fixture.ts";

it("a run goes on to its end, and its exit code is the run's, when nobody reads what it prints any more", async () => {
  const site = await createGatedSite();
  try {
    const before = site.read("conf/app.json");
    // The gate is closed by the time the last step comes up, so what was done before is undone.
    await planAndApprove(
      site,
      wireProposal([
        setLevel("louder", "debug"),
        waitStep("pause", 200, { after: ["louder"] }),
        throughGate("alone", { after: ["pause"] }),
      ]),
    );
    setGate(site, "closed");
    const applying = site.start("apply", "--jsonl");
    await applying.shown("step_settled");

    applying.child.stdout?.destroy();
    applying.child.stderr?.destroy();
    const [exitCode] = await once(applying.child, "exit");

    expect(exitCode).toBe(20);
    expect(site.events().at(-1)).toMatchObject({ kind: "run_ended", outcome: "compensated" });
    expect(site.read("conf/app.json")).toBe(before);
  } finally {
    site.remove();
  }
});
