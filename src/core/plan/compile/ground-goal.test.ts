import { expect, it } from "vitest";
import { proposalOf, requestOf } from "../../../../test/support/proposals.ts";
import { readDomainFile } from "../../../../test/support/read-domain.ts";
import type { Proposer } from "../plan.ts";
import { beginCompilation } from "./compilation.ts";
import { groundGoal } from "./ground-goal.ts";

it("the goal of a rollback may name every fact that is put back, and one that somebody wrote is bounded", () => {
  const domain = readDomainFile(new URL("../../../../packs/config-file/domain.yaml", import.meta.url));
  const goal = Array.from({ length: 400 }, () => "config.app.workers == 4").join(" && ");
  const codesFor = (kind: Proposer["kind"]) => {
    const request = requestOf(proposalOf([], { goal }), { domain });
    const compilation = beginCompilation({ ...request, proposer: { kind, id: "it", onBehalfOf: "ada" } });
    return groundGoal(compilation).problems.map(({ code }) => code);
  };

  expect(codesFor("recovery")).toEqual([]);
  expect(codesFor("file")).toEqual(["E_GUARD_SIZE"]);
  expect(codesFor("model")).toEqual(["E_GUARD_SIZE"]);
});
