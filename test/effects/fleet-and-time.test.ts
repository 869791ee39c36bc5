import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { FactValue } from "../../src/core/domain/domain.ts";
import type { ProposedStep } from "../../src/core/plan/wire/proposal.ts";
import { type OutlookTerms, outlookOf } from "../../src/core/proof/outlook.ts";
import { certainSpanMs } from "../../src/core/proof/risks/find-risks.ts";
import type { Risk } from "../../src/core/proof/risks/risk.ts";
import { modelledResponses } from "../../src/flow/plan/modelled-responses.ts";
import { readSituation } from "../../src/packs/read-situation.ts";
import { fleetDomain, scaleAll } from "../support/fleet.ts";
import { compileOrThrow, literal, proposalOf, refusals, requestOf, step } from "../support/proposals.ts";
import { readDomainFile } from "../support/read-domain.ts";

const hourMs = 3_600_000;
const good = { "objective.checkout.good": true };
const info = { "config.app.log_level": "info", "config.app.workers": 4, "config.app.maintenance": false };
const onA = { "volumes.all.owner": "a" };

function planOf(pack: string, steps: readonly ProposedStep[], facts: Readonly<Record<string, FactValue>>) {
  const domain = readDomainFile(new URL(`../../packs/${pack}/domain.yaml`, import.meta.url));
  return compileOrThrow(requestOf(proposalOf(steps), { domain }), facts);
}

/** The risks with one code, as `steps: text`. */
function risksOf(code: Risk["code"], plan: ReturnType<typeof planOf>, terms?: OutlookTerms): readonly string[] {
  const risks = outlookOf(plan, terms).risks.filter((risk) => risk.code === code);
  return risks.map(({ steps, text }) => `${steps.join(" ")}: ${text}`);
}

function usePath(id: string, host: string, after: readonly string[] = []): ProposedStep {
  const args = [literal("host", host), literal("controller", "b")];
  return step(id, { action: "host.use_path", args, after, onFailure: "rollback" });
}

function level(id: string, value: string, after: readonly string[] = []): ProposedStep {
  const args = [literal("config", "app"), literal("level", value)];
  return step(id, { action: "config.log_level", args, after, onFailure: "rollback" });
}

function pause(id: string, forMs: number, after: readonly string[] = []): ProposedStep {
  return step(id, { kind: "wait", args: [literal("forMs", forMs)], after });
}

function ask(id: string, withinMs: number, after: readonly string[]): ProposedStep {
  const args = [literal("question", "Go on?"), literal("withinMs", withinMs)];
  return step(id, { kind: "approve", args, after });
}

function terminate(id: string, change: Partial<ProposedStep>): ProposedStep {
  const args = [literal("service", "shop"), literal("count_max", 8)];
  return step(id, { action: "sessions.terminate_report", args, onFailure: "escalate", ...change });
}

function end(id: string, after: string, when: string): ProposedStep {
  return step(id, { kind: "end", after: [after], when });
}

describe("a fleet written at once", () => {
  it("is told where no object of it goes first", () => {
    const all = step("m", {
      action: "host.use_path",
      args: [{ name: "host", from: "each", value: "host" }, literal("controller", "b")],
      onFailure: "rollback",
    });

    expect(risksOf("whole_fleet", planOf("storage-firmware", [all], onA))).toEqual([
      "m_1 m_2 m_3 m_4: 4 of the 4 objects of type `host` that the plan reads are written at once by " +
        "`host.use_path`, with no first one to look at",
    ]);
  });

  it("is not told where one goes first, nor where most are left alone", () => {
    const others = ["h2", "h3", "h4"].map((host) => usePath(host, host, ["h1"]));
    const canary = planOf("storage-firmware", [usePath("h1", "h1"), ...others], onA);
    const one = planOf("storage-firmware", [usePath("h1", "h1")], onA);

    expect([risksOf("whole_fleet", canary), risksOf("whole_fleet", one)]).toEqual([[], []]);
  });
});

describe("a fleet with too many courses to follow them all", () => {
  it.each([40, 900])("is told of its risks all the same, with %i objects", (size) => {
    const waves = { canary: 1, batch: { kind: "percent", percent: 50 }, abortAbove: 20 } as const;
    const domain = fleetDomain({ size, waves });
    const plan = compileOrThrow(requestOf(proposalOf([scaleAll("s1")]), { domain }));

    expect(outlookOf(plan).risks.map(({ code }) => code)).toEqual(["no_invariants", "unasked_change"]);
  });
});

describe("a release that reaches one object after another", () => {
  const install = (id: string, controller: string, after: readonly string[]): ProposedStep =>
    step(id, {
      action: "controller.install_firmware",
      args: [literal("controller", controller), literal("version", "5.0.0")],
      after,
      onFailure: "rollback",
    });

  it("is told where nothing is waited for or looked at in between", () => {
    const plan = planOf("storage-firmware", [install("b", "b", []), install("a", "a", ["b"])], onA);

    expect(risksOf("no_soak", plan)).toEqual([
      "b a: `5.0.0` reaches controller/a after controller/b with no wait, probe or question between",
    ]);
  });

  it("is not told where the plan waits in between", () => {
    const steps = [install("b", "b", []), pause("w", 60_000, ["b"]), install("a", "a", ["w"])];

    expect(risksOf("no_soak", planOf("storage-firmware", steps, onA))).toEqual([]);
  });
});

describe("one write among many", () => {
  it("is told where it is unlike all the others", () => {
    const chain = Array.from({ length: 24 }, (_, index) =>
      level(`s${index}`, index % 2 === 0 ? "debug" : "info", index === 0 ? [] : [`s${index - 1}`]),
    );
    const args = [literal("config", "app"), literal("on", true)];
    const odd = step("odd", { action: "config.maintenance", args, after: ["s23"], onFailure: "rollback" });

    expect(risksOf("buried_step", planOf("config-file", [...chain, odd], info))).toEqual([
      "odd: 1 write of 25 is unlike the others: `odd` (config.maintenance config/app)",
    ]);
    expect(risksOf("buried_step", planOf("config-file", chain, info))).toEqual([]);
  });
});

describe("a plan that lets time pass", () => {
  const overNight = planOf(
    "config-file",
    [level("a", "debug"), pause("w", 25 * hourMs, ["a"]), level("b", "info", ["w"])],
    info,
  );

  it("is told where an approval counts for less than lies between its writes", () => {
    const terms = { approvalMs: 24 * hourMs, models: [] };

    expect(risksOf("outlasts_approval", overNight, terms)).toEqual([
      "a b: 25 h may pass between `a` and `b`, and an approval counts for 24 h here",
    ]);
    expect(risksOf("outlasts_approval", overNight, { ...terms, approvalMs: 26 * hourMs })).toEqual([]);
    expect(certainSpanMs(overNight)).toBe(25 * hourMs);
  });

  it("counts a question with all the time that a person may take, and not as time that passes for certain", () => {
    const steps = [level("a", "debug"), ask("q", 3 * hourMs, ["a"]), level("b", "info", ["q"])];
    const asked = planOf(
      "config-file",
      [...steps.slice(0, 2), { ...level("b", "info", ["q"]), when: "q == 'approved'" }],
      info,
    );

    expect(risksOf("outlasts_approval", asked, { approvalMs: 2 * hourMs, models: [] })).toHaveLength(1);
    expect(certainSpanMs(asked)).toBe(0);
  });

  it("counts pauses side by side once", () => {
    const side = planOf(
      "config-file",
      [level("a", "debug"), pause("u", hourMs, ["a"]), pause("w", hourMs, ["a"]), level("b", "info", ["u", "w"])],
      info,
    );

    expect(certainSpanMs(side)).toBe(hourMs);
  });

  it("is told where it keeps its locks without writing", () => {
    const short = planOf(
      "config-file",
      [level("a", "debug"), pause("w", hourMs, ["a"]), level("b", "info", ["w"])],
      info,
    );

    expect(risksOf("idle_lock", overNight)).toEqual([": config/app stays locked for up to 25 h without a write"]);
    expect(risksOf("idle_lock", short)).toEqual([]);
  });

  it("is told where an invariant is false until after the first pause", () => {
    const args = [literal("config", "app"), literal("on", true)];
    const broken = { ...info, "config.app.workers": 1, "config.app.maintenance": false };
    const repair = step("repair", { action: "config.maintenance", args, after: ["w"], onFailure: "rollback" });
    const plan = planOf("config-file", [pause("w", 600_000), repair], broken);
    const sound = planOf("config-file", [pause("w", 600_000), repair], info);

    expect(risksOf("late_repair", plan)).toEqual([
      "repair: the invariant `serves_or_says_so` is false now, and up to 10 min pass before `repair`, the first write",
    ]);
    expect(risksOf("late_repair", sound)).toEqual([]);
  });
});

describe("an irreversible write", () => {
  it("is refused where it is sent also if a probe gives no answer", () => {
    const domain = readDomainFile(new URL("../../packs/web-service/domain.yaml", import.meta.url));
    const sentOn = (when: string) =>
      refusals(
        [
          step("p", { kind: "probe", action: "probe.locks" }),
          step("w", { kind: "wait", args: [literal("forMs", 1_000)], after: ["p"], when }),
          terminate("t", { after: ["w"] }),
          end("ok", "p", `!(${when})`),
          end("e", "t", "t == 'done'"),
        ],
        { domain },
      );

    expect(sentOn("p == 'contention' || p == 'no_answer'")).toContain("E_PLAN_SILENT_WRITE /steps/2/when");
    expect(sentOn("p == 'contention'")).toEqual([]);
  });

  it("is told where its own decision model thinks least of it after the answer on which it is sent", () => {
    const file = readSituation(
      readFileSync(new URL("../../packs/web-service/situations/latency-spike.yaml", import.meta.url)),
    );
    if (!file.ok) throw new Error(JSON.stringify(file.error));
    const terms = { approvalMs: null, models: modelledResponses(file.value.situation) };
    const probe = step("p", { kind: "probe", action: "probe.locks" });
    const on = (answer: string, other: string) =>
      planOf(
        "web-service",
        [
          probe,
          terminate("t", { after: ["p"], when: `p == '${answer}'` }),
          end("ok", "p", `p == '${other}'`),
          step("ask", {
            kind: "escalate",
            args: [literal("reason", "no answer")],
            after: ["p"],
            when: "p == 'no_answer' || p == 'none_of_these'",
          }),
          end("e", "t", "t == 'done'"),
        ],
        good,
      );

    expect(risksOf("inverted_evidence", on("clean", "contention"), terms)).toEqual([
      "p t: `t` is sent when `p` answers `clean`, the answer that speaks most against `terminate_report` in the " +
        "situation `latency-spike`",
    ]);
    expect(risksOf("inverted_evidence", on("contention", "clean"), terms)).toEqual([]);
  });
});
