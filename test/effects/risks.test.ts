import { describe, expect, it } from "vitest";
import type { FactValue } from "../../src/core/domain/domain.ts";
import type { ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import { outlookOf, tellUndecided } from "../../src/core/proof/outlook.ts";
import { compileOrThrow, literal, proposalOf, requestOf, scale, step } from "../support/proposals.ts";
import { readDomainFile } from "../support/read-domain.ts";

const good: Readonly<Record<string, FactValue>> = {
  "service.shop.version": "v2",
  "objective.checkout.good": true,
};

function ofPack(pack: string, steps: readonly ProposedStep[], facts: Readonly<Record<string, FactValue>>) {
  const domain = readDomainFile(new URL(`../../packs/${pack}/domain.yaml`, import.meta.url));
  return outlookOf(compileOrThrow(requestOf(proposalOf(steps), { domain }), facts));
}

function codesOf(outlook: ReturnType<typeof outlookOf>): readonly string[] {
  return outlook.risks.map(({ code, steps }) => [code, ...steps].join(" "));
}

function deploy(id: string, way: "roll_back" | "roll_forward", after: readonly string[] = []): ProposedStep {
  return step(id, { action: `service.${way}`, args: [literal("service", "shop")], after, onFailure: "rollback" });
}

function level(id: string, value: string, after: readonly string[] = []): ProposedStep {
  const args = [literal("config", "app"), literal("level", value)];
  return step(id, { action: "config.log_level", args, after, onFailure: "rollback" });
}

const info = { "config.app.log_level": "info", "config.app.workers": 4 };

describe("the risks of a plan", () => {
  it("name the writes that a later one overwrites, and the way back to an earlier state", () => {
    const outlook = ofPack(
      "config-file",
      [level("s0", "debug"), level("s1", "info", ["s0"]), level("s2", "debug", ["s1"])],
      info,
    );

    expect(codesOf(outlook)).toEqual(["overwritten_write s0 s1", "returns_to_state s0 s1", "unasked_change"]);
  });

  it("are none where somebody waits between a write and the one that takes it back", () => {
    const pause = step("p", { kind: "wait", args: [literal("forMs", 5)], after: ["s0"] });

    expect(codesOf(ofPack("config-file", [level("s0", "debug"), pause, level("s1", "info", ["p"])], info))).toEqual([]);
  });

  it("are none where a step between needs what is overwritten later", () => {
    const maintenance = (id: string, on: boolean, after: readonly string[]): ProposedStep =>
      step(id, {
        action: "config.maintenance",
        args: [literal("config", "app"), literal("on", on)],
        after,
        onFailure: "rollback",
      });
    const workers = (id: string, count: number, after: readonly string[]): ProposedStep =>
      step(id, {
        action: "config.workers",
        args: [literal("config", "app"), literal("workers", count)],
        after,
        onFailure: "rollback",
      });
    const begin = maintenance("begin", true, []);
    const shrink = workers("shrink", 1, ["begin"]);
    const louder = level("louder", "debug", ["shrink"]);
    const grow = workers("grow", 8, ["louder"]);
    const end = maintenance("stop", false, ["grow"]);

    expect(codesOf(ofPack("config-file", [begin, shrink, louder, grow, end], info))).toEqual([
      "overwritten_write shrink",
      "unasked_change",
    ]);
  });

  it("name a release that is rolled back and forward, and that its domain has no invariants", () => {
    const outlook = ofPack(
      "web-service",
      [
        deploy("a", "roll_back"),
        deploy("b", "roll_forward", ["a"]),
        deploy("c", "roll_back", ["b"]),
        deploy("d", "roll_forward", ["c"]),
      ],
      good,
    );

    expect(codesOf(outlook)).toEqual(["overwritten_write a b c", "returns_to_state a b", "no_invariants"]);
  });

  it("name each fact that is left changed although no goal asks for it", () => {
    const [risk] = ofPack("config-file", [level("s0", "debug")], info).risks;

    expect(risk?.text).toBe("no goal asks for what the plan leaves behind: config.app.log_level info → debug");
  });

  it("are none of a plan that only reads", () => {
    const probe = step("p", { action: "probe.traffic" });

    expect(codesOf(ofPack("web-service", [probe], good))).toEqual([]);
  });
});

describe("what is not known before a plan runs", () => {
  it("is listed by precondition and invariant, with the fact and the reason", () => {
    const domain = readDomainFile(new URL("../hostile/pack/domain.yaml", import.meta.url));
    const plan = compileOrThrow(requestOf(proposalOf([scale("s")]), { domain }));
    const targets = plan.pins.targets.map((pin) => ({
      ...pin,
      facts: pin.facts.filter(({ name }) => name !== "deploy.web.phase"),
    }));
    const unread = { ...plan, pins: { ...plan.pins, targets } };

    const open = outlookOf({ ...unread, invariants: [{ name: "web", holds: "deploy.web.phase == 'serving'" }] });

    expect(open.undecided.map((each) => [each.kind, each.name, tellUndecided(each)])).toEqual([
      ["pre", "s", "`deploy.web.phase` was not read"],
      ["invariant", "web", "`deploy.web.phase` was not read"],
    ]);
  });
});
