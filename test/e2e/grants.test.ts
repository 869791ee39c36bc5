// Grants that no plan could ever use are refused before they are signed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createE2eSite, type E2eSite, refusedWith, setLevel, wireProposal } from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeAll(async () => {
  site = await createE2eSite();
  const wayBack = "    compensate: { action: config.log_level, args: { level: { before: log_level } } }\n";
  site.edit("pack/domain.yaml", "    class: reversible\n", "    class: irreversible\n");
  site.edit("pack/domain.yaml", wayBack, "");
  await site.run("trust");
});

afterAll(() => site.remove());

const level = ["grant", "--actions", "config.log_level", "--writes", "1", "--yes", "--json"] as const;

describe("a grant that could never count", () => {
  it.each([
    ["an irreversible action without --irreversible", ["--targets", "config/app"], "E_ENVELOPE", 11],
    [
      "an irreversible action on targets that are not named",
      ["--irreversible", "--targets", "config/*"],
      "E_ENVELOPE",
      11,
    ],
    ["no time at all", ["--irreversible", "--targets", "config/app", "--valid-for", "0s"], "E_USAGE", 64],
  ])("is refused: %s", async (_, words, code, exitCode) => {
    const refused = await site.run(...level, ...words);

    expect(new Set(refusedWith(refused))).toEqual(new Set([code]));
    expect(refused.exitCode).toBe(exitCode);
  });

  it("is granted where each irreversible target is named, and for an action that is reversible on any", async () => {
    const named = await site.run(...level, "--irreversible", "--targets", "config/app");
    const any = await site.run(
      "grant",
      "--actions",
      "config.workers",
      "--writes",
      "1",
      "--yes",
      "--targets",
      "config/*",
    );

    expect([named.exitCode, any.exitCode]).toEqual([0, 0]);
  });
});

it("a grant says on which targets irreversible steps count: those that are named, and none of a pattern", async () => {
  const grant = ["grant", "--actions", "config.workers", "--writes", "1", "--yes", "--irreversible", "--targets"];

  const any = await site.run(...grant, "config/*");
  const some = await site.run(...grant, "config/*,config/app");

  expect(any.out).toContain("reversible steps alone");
  expect(any.out).not.toContain("IRREVERSIBLE");
  expect(some.out).toContain("IRREVERSIBLE steps too on config/app");
});

describe("a plan that lacks the same of two grants", () => {
  it("is told once", async () => {
    for (const _ of ["first", "second"])
      await site.run("grant", "--actions", "config.workers", "--writes", "9", "--yes", "--targets", "config/*");
    site.write(
      "proposal.json",
      wireProposal([setLevel("louder", "debug"), setLevel("quieter", "warn", { after: ["louder"] })]),
    );
    await site.run("plan", "proposal.json");

    const refused = await site.run("apply");

    expect(refused.err.match(/`config.log_level` is not in the grant/g)).toHaveLength(1);
  });
});
