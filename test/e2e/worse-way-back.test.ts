// A way back of a worse class than the way forth is refused wherever a pack is read.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;
let approved: string;

beforeAll(async () => {
  site = await createE2eSite();
  await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
  approved = site.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "none";
  // An action that declares no class is irreversible.
  site.edit(
    "pack/domain.yaml",
    "actions:\n",
    `actions:
  config.reset:
    uses: disk/edit
    with:
      path: { $property: path }
      format: json
      set: [{ pointer: /log/level, value: info }]
      ifMatch: { $fence: true }
    target: config
    input: { config: { object: config } }
    effect: ["self.log_level = 'info'"]
`,
  );
  site.edit(
    "pack/domain.yaml",
    "compensate: { action: config.log_level, args: { level: { before: log_level } } }",
    "compensate: { action: config.reset }",
  );
});

afterAll(() => site.remove());

describe("a reversible action with an irreversible way back", () => {
  it.each([
    ["check", "pack"],
    ["check", "proposal.json"],
    ["trust"],
    ["plan", "proposal.json"],
    ["actions", "test", "config.log_level", "--arg", "config=app", "--arg", "level=debug", "--yes"],
    ["grant", "--actions", "config.log_level", "--targets", "config/app", "--writes", "1", "--yes"],
    ["apply", "<the plan that was approved before>"],
  ])("is refused by %s %s", async (...words) => {
    const refused = await site.run(...words.map((word) => (word.startsWith("<") ? approved : word)), "--json");

    expect(refusedWith(refused)).toEqual(["E_COMP_CLASS"]);
    expect(refused.out).toContain(
      "`config.log_level` is reversible, and `config.reset`, which undoes it, is irreversible",
    );
  });
});
