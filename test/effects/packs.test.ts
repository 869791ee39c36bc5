import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { FactValue } from "../../src/core/domain/domain.ts";
import { draftPlan } from "../../src/core/plan/compile/compile.ts";
import { parseProposal } from "../../src/core/plan/wire/parse-proposal.ts";
import type { Proposal, ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import { findEffectProblems } from "../../src/flow/plan/check-effects.ts";
import { compileOrThrow, literal, proposalOf, requestOf, step } from "../support/proposals.ts";
import { readDomainFile } from "../support/read-domain.ts";

interface Given {
  readonly pack: string;
  readonly facts: Readonly<Record<string, FactValue>>;
}

const configFile: Given = {
  pack: "config-file",
  facts: { "config.app.log_level": "info", "config.app.workers": 4, "config.app.maintenance": false },
};

const hosts = ["h1", "h2", "h3", "h4"];

/** Every host and the volumes are on controller a, and nothing is broken. */
const array: Given = { pack: "storage-firmware", facts: { "volumes.all.owner": "a" } };

/** `code pointer` of everything that refuses a proposal, and the first problem whole. */
function refuse(
  proposal: Proposal,
  { pack, facts }: Given,
): { readonly codes: readonly string[]; readonly first: string; readonly hint: string } {
  const domain = readDomainFile(new URL(`../../packs/${pack}/domain.yaml`, import.meta.url));
  const problems = findEffectProblems(compileOrThrow(requestOf(proposal, { domain }), facts), { domain, proposal });
  const [first] = problems;
  return {
    codes: problems.map(({ code, pointer }) => `${code} ${pointer}`),
    first: first?.message ?? "",
    hint: first?.hint ?? "",
  };
}

function packaged(pack: string, name: string): Proposal {
  const parsed = parseProposal(readFileSync(new URL(`../../packs/${pack}/proposals/${name}.json`, import.meta.url)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

function write(id: string, change: Partial<ProposedStep>): ProposedStep {
  return step(id, { onFailure: "rollback", ...change });
}

function maintenance(id: string, on: boolean, change: Partial<ProposedStep> = {}): ProposedStep {
  return write(id, { action: "config.maintenance", args: [literal("config", "app"), literal("on", on)], ...change });
}

function workers(id: string, count: number, change: Partial<ProposedStep> = {}): ProposedStep {
  return write(id, {
    action: "config.workers",
    args: [literal("config", "app"), literal("workers", count)],
    ...change,
  });
}

function install(id: string, controller: string, change: Partial<ProposedStep> = {}): ProposedStep {
  const args = [literal("controller", controller), literal("version", "4.2.0")];
  return write(id, { action: "controller.install_firmware", args, ...change });
}

function usePath(id: string, host: string, controller: string, change: Partial<ProposedStep> = {}): ProposedStep {
  const args = [literal("host", host), literal("controller", controller)];
  return write(id, { action: "host.use_path", args, ...change });
}

describe("a plan that takes a controller to an older firmware", () => {
  const version = (text: string): Partial<ProposedStep> => ({
    args: [literal("controller", "b"), literal("version", text)],
  });
  const facts = (firmware: string): Given => ({
    ...array,
    facts: { ...array.facts, "controller.a.firmware": "4.1.0", "controller.b.firmware": firmware },
  });

  it("is refused, because the domain orders its releases, also after an upgrade of its own", () => {
    const steps = [install("u", "b", version("5.0.0")), install("d", "b", { after: ["u"], ...version("4.1.0") })];

    const { codes, first } = refuse(proposalOf(steps), facts("4.2.0"));

    expect(codes).toEqual(["E_EFFECT_PRE /steps/1"]);
    expect(first).toBe(
      "`d` cannot be sent: its precondition is false then: `controller.b.firmware == '4.1.0'`; " +
        "found `controller.b.firmware` = '5.0.0', by `u`",
    );
  });

  it("is refused at once from a newer one, and accepted from an older one and from the same", () => {
    const plan = (firmware: string) => refuse(proposalOf([install("u", "b", version("4.2.0"))]), facts(firmware)).codes;

    expect(plan("5.0.0")).toEqual(["E_EFFECT_PRE /steps/0"]);
    expect(plan("4.2.0")).toEqual([]);
    expect(plan("4.1.0")).toEqual([]);
  });

  it("needs an operator's word for the action that is there to go back", () => {
    const back = install("u", "b", { action: "controller.restore_firmware", ...version("4.1.0") });
    const domain = readDomainFile(new URL("../../packs/storage-firmware/domain.yaml", import.meta.url));

    expect(draftPlan(requestOf(proposalOf([back]), { domain }))).toMatchObject({
      ok: false,
      error: [{ code: "E_TAINT" }],
    });
  });
});

describe("a plan over the settings of a service", () => {
  it("is refused where its own second step makes the third one impossible", () => {
    const steps = [
      maintenance("a", true),
      workers("b", 1, { after: ["a"] }),
      maintenance("c", false, { after: ["b"] }),
    ];

    const { codes, first, hint } = refuse(proposalOf(steps), configFile);

    expect(codes).toEqual(["E_EFFECT_PRE /steps/2", "E_EFFECT_INVARIANT /steps/2"]);
    expect(first).toBe(
      "`c` cannot be sent: its precondition is false then: `config.app.workers > 1`; " +
        "found `config.app.workers` = 1, by `b`",
    );
    expect(hint).toBe("nothing in the plan makes `config.app.workers > 1` true before `c`");
  });

  it("names the step that would have to come first", () => {
    const { codes, hint } = refuse(proposalOf([workers("b", 1), maintenance("a", true, { after: ["b"] })]), configFile);

    expect(codes).toEqual(["E_EFFECT_PRE /steps/0", "E_EFFECT_INVARIANT /steps/0"]);
    expect(hint).toBe("`a` makes `config.app.maintenance` true: put it before `b`");
  });

  it("is refused if it ends on a goal that its own steps do not reach, or expects what they do not do", () => {
    const steps = [workers("b", 8, { expect: ["config.app.workers == 9"] })];

    const { codes, first } = refuse(proposalOf(steps, { goal: "config.app.workers == 6" }), configFile);

    expect(first).toBe(
      "`b` expects what its own effect makes false: `config.app.workers == 9`; found `config.app.workers` = 8",
    );
    expect(codes).toEqual(["E_EFFECT_EXPECT /steps/0", "E_EFFECT_GOAL /goal"]);
  });

  it("is refused if it expects something else that no step changes", () => {
    const { codes, first } = refuse(
      proposalOf([workers("b", 8, { expect: ["config.app.log_level == 'debug'"] })]),
      configFile,
    );

    expect(codes).toEqual(["E_EFFECT_EXPECT /steps/0"]);
    expect(first).toBe(
      "`b` expects what nothing makes true by then: `config.app.log_level == 'debug'`; " +
        "found `config.app.log_level` = 'info'",
    );
  });

  it("may repair an invariant that is false before it, and must not leave it so", () => {
    const alone = { ...configFile, facts: { ...configFile.facts, "config.app.workers": 1 } };
    const louder = write("l", {
      action: "config.log_level",
      args: [literal("config", "app"), literal("level", "debug")],
    });

    expect(refuse(proposalOf([workers("b", 4)]), alone).codes).toEqual([]);
    expect(refuse(proposalOf([louder, workers("b", 4, { after: ["l"] })]), alone).codes).toEqual([]);
    expect(refuse(proposalOf([louder]), alone).codes).toEqual(["E_EFFECT_NOT_RESTORED /steps"]);
  });

  it("that the pack proposes is accepted", () => {
    expect(refuse(packaged("config-file", "log-more"), configFile).codes).toEqual([]);
  });
});

describe("a plan over the array", () => {
  it("that upgrades in the right order is accepted", () => {
    expect(refuse(packaged("storage-firmware", "upgrade-both"), array).codes).toEqual([]);
  });

  it.each([
    { name: "wrong-order-active-first", at: 0, facts: "`volumes.all.owner` = 'a'" },
    { name: "wrong-order-host-left", at: 5, facts: "`host.h4.path_in_use` = 'a'" },
    { name: "wrong-order-owner-left", at: 2, facts: "`volumes.all.owner` = 'a'" },
  ])("in the order of $name is refused before anything is sent", ({ name, at, facts }) => {
    const proposal = packaged("storage-firmware", name);

    const { codes, first } = refuse(proposal, array);

    expect(codes[0]).toBe(`E_EFFECT_PRE /steps/${at}`);
    expect(first).toContain(facts);
  });

  it("that upgrades the controller in use breaks both invariants while it is under way", () => {
    const { codes } = refuse(proposalOf([install("a", "a"), install("b", "b", { after: ["a"] })]), array);

    expect(codes).toEqual(["E_EFFECT_PRE /steps/0", "E_EFFECT_INVARIANT /steps/0", "E_EFFECT_INVARIANT /steps/0"]);
  });

  it("whose steps run side by side is refused if one order breaks another step, and names both", () => {
    const volumes = write("v", {
      action: "volumes.move",
      args: [literal("volumes", "all"), literal("controller", "b")],
    });

    const { codes, first, hint } = refuse(proposalOf([install("b", "b"), usePath("h1", "h1", "b"), volumes]), array);

    expect(codes[0]).toBe("E_EFFECT_SIDE_BY_SIDE /steps/0");
    expect(first).toContain("`b` may run side by side");
    expect(hint).toMatch(/^let `.*` wait for `b`$/);
  });

  it("may move every host at the same time", () => {
    const moves = hosts.map((host) => usePath(`m_${host}`, host, "b"));

    expect(refuse(proposalOf(moves), array).codes).toEqual([]);
  });
});
