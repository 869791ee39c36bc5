// What `plan` says of a plan that nobody can approve, and of one that does what a rejected plan does.
import { afterEach, beforeEach, expect, it } from "vitest";
import { createE2eSite, type E2eSite, setLevel, waitStep, wireProposal } from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

function plan(steps: readonly object[], ...options: readonly string[]): ReturnType<E2eSite["run"]> {
  site.write("proposal.json", wireProposal(steps, { summary: `plan of ${steps.length}` }));
  return site.run("plan", "proposal.json", ...options);
}

it("names every risk for which the site refuses it, and does not send anybody to approve it", async () => {
  site.edit(
    "interlock.yaml",
    "approvals: { validFor: 1h, validForMax: 24h }",
    "approvals: { refuseRisks: [overwritten_write, outlasts_approval] }",
  );
  await site.run("trust");

  const { exitCode, err } = await plan([
    setLevel("a", "debug"),
    waitStep("pause", 7_200_000, { after: ["a"] }),
    setLevel("b", "warn", { after: ["pause"] }),
    setLevel("c", "info", { after: ["b"] }),
  ]);

  expect(exitCode).toBe(11);
  expect(err).toContain("E_RISK_REFUSED this site refuses plans with the risk `overwritten_write`");
  expect(err).toContain("E_RISK_REFUSED this site refuses plans with the risk `outlasts_approval`");
  expect(err).not.toContain("interlock approve");
});

it("names the rejection of a plan that does the same under other names", async () => {
  await plan([setLevel("louder", "debug")]);
  await site.run("reject", "last", "--reason", "too loud");

  const twin = await plan([setLevel("raise", "debug", { purpose: "try again" })]);
  const other = await plan([setLevel("raise", "warn")]);

  expect(twin.err).toMatch(/^! pl_\w{12}, which does the same, was rejected by \w+, who says “too loud”$/m);
  expect(twin.err).toContain("nothing has been done yet; next: interlock approve");
  expect(other.err).not.toContain("rejected");
});

it("calls the steps of a round trip by what they do", async () => {
  const args = ["--arg", "config=app", "--arg", "level=debug", "--target", "config.log_level config/app", "--yes"];

  const { err } = await site.run("actions", "test", "config.log_level", ...args);

  expect(err).toContain("config.log_level on config/app (do) writes");
  expect(err).not.toMatch(/ do(?:\.then1)? (?:writes|done|undone)/);
});
