// A command that was typed wrongly points to its own help, and not to the list of all commands.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createE2eSite, type E2eSite } from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeAll(async () => {
  site = await createE2eSite();
});

afterAll(() => site.remove());

it.each([
  ["runs", "--limit", "0"],
  ["plans", "--limit", "x"],
  ["replay", "--at", "x"],
  ["watch", "--invariants", "--every", "x"],
  ["grant", "--actions", "config.log_level", "--targets", "config/app", "--writes", "x"],
  ["store", "archive", "--older-than", "x"],
  ["plan", "proposal.json", "--input", "x"],
])("`%s` with a wrong value names its own help", async (...argv) => {
  const { exitCode, err } = await site.run(...argv);

  expect(exitCode).toBe(64);
  expect(err).toContain(`next: interlock help ${argv[0]}\n`);
});

it.each([
  ["plan", "proposal.json", "--intent", ""],
  ["plan", "proposal.json", "--goal", " "],
  ["propose", "--intent", "\t"],
  ["propose", "--goal", ""],
])("`%s` refuses what it was told where that is blank, and does not go on without it", async (...argv) => {
  const { exitCode, err } = await site.run(...argv);

  expect(exitCode).toBe(64);
  expect(err).toContain("expected a text that is not blank; leave the option out for none");
});
