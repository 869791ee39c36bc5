import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { connectorTraits } from "../connectors/index.ts";
import type { Domain } from "../core/domain/domain.ts";
import { readPack } from "./read-pack.ts";
import { readFittingSituation } from "./read-situation.ts";

const folder = fileURLToPath(new URL("../../examples/language/pack", import.meta.url));
const text = readFileSync(`${folder}/situations/slow-host.yaml`, "utf8");

function domain(): Domain {
  const pack = readPack(folder, connectorTraits);
  if (!pack.ok) throw new Error(JSON.stringify(pack.error));
  return pack.value.domain;
}

/** What is wrong with the situation of examples/language after one change. */
function problemsAfter(from: string | RegExp, to: string): readonly string[] {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error("nothing was changed");
  const file = readFittingSituation(new TextEncoder().encode(changed), domain());
  return file.ok ? [] : file.error.map(({ code, pointer, message }) => `${code} ${pointer} ${message}`);
}

describe("a situation of a pack", () => {
  it("fits the domain", () => {
    expect(readFittingSituation(new TextEncoder().encode(text), domain()).ok).toBe(true);
  });

  it("is refused if a probe names an outcome that its action does not declare", () => {
    const found = problemsAfter(/\bidle\b/g, "quiet");

    expect(found).toContain(
      "E_SITUATION_OUTCOMES /steps/0/outcomes " +
        "the outcomes `busy`, `quiet` are not those of `host.look`: `busy`, `idle` (line 31)",
    );
  });

  it("is refused if a probe leaves out an outcome that its action declares", () => {
    const one = text
      .replace("outcomes: [busy, idle]", "outcomes: [busy]")
      .replace("{ counts: [25, 5], opinion: [1, 1], source: closed incidents of one year }", "{ probabilities: [1] }")
      .replace("{ probabilities: [0.4, 0.6], opinion: true, source: an engineer }", "{ probabilities: [1] }")
      .replace(/ {4}classifier: \{ busy: .*\n/, "");
    const file = readFittingSituation(new TextEncoder().encode(one), domain());

    expect(file.ok ? [] : file.error.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      "E_SITUATION_OUTCOMES /steps/0/outcomes",
    ]);
  });

  it("is refused if the check of a `try` does not say whether it is fixed", () => {
    expect(problemsAfter("check: { action: host.check,", "check: { action: host.look,")).toEqual([
      "E_SITUATION_OUTCOMES /steps/2/check/outcomes " +
        "the outcomes `fixed`, `not_fixed` are not those of `host.look`: `busy`, `idle` (line 55)",
    ]);
  });

  it("is refused if its classifier is not that of the action", () => {
    expect(problemsAfter('busy: "output.value.load >= 0.8"', 'busy: "output.value.load >= 0.5"')).toEqual([
      "E_SITUATION_OUTCOMES /steps/0/classifier the classifier is not that of `host.look` (line 35)",
    ]);
  });

  it("is refused if a step, a check or a response names an action that the domain does not have", () => {
    expect(problemsAfter(/host\.(scale|check)/g, "host.nowhere")).toEqual([
      "E_ACTION_UNKNOWN /steps/2/action the domain has no action `host.nowhere` (line 44)",
      "E_ACTION_UNKNOWN /steps/2/check/action the domain has no action `host.nowhere` (line 55)",
      "E_ACTION_UNKNOWN /responses/0/action the domain has no action `host.nowhere` (line 61)",
    ]);
  });
});
