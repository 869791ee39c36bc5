// The rows of the outline about the way back, and the same as data.
import { describe, expect, it } from "vitest";
import { compileOrThrow, literal, proposalOf, requestOf, step } from "../../../../test/support/proposals.ts";
import { parseDomain } from "../../domain/parse-domain.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { Plan } from "../plan.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { outlinePlan } from "./outline.ts";
import { renderOutline } from "./render-outline.ts";
import { reviewPlan } from "./review.ts";

const ids = Array.from({ length: 15 }, (_, index) => `s${index + 1}`);
const level = { integer: [0, 9] };
const type = { facts: { level }, observe: { uses: "c/get", fingerprint: ["/id"] } };

/** An edit of a site, what runs after its undo, a restart of everything, and a write that nothing undoes. */
const domain: JsonValue = {
  format: "interlock.domain/1",
  name: "sites",
  version: "1",
  connections: { c: { connector: "http" } },
  types: { site: type, proxy: type },
  inventory: { site: Object.fromEntries(ids.map((id) => [id, {}])), proxy: { front: {}, rear: {} } },
  invariants: {},
  actions: {
    "site.edit": edit("site.edit", [{ action: "proxy.reload", args: reloadArgs("front") }]),
    "site.both": edit("site.both", [
      { action: "proxy.reload", args: reloadArgs("front") },
      { action: "proxy.reload", args: reloadArgs("rear") },
    ]),
    "site.plain": edit("site.plain"),
    "site.sweep": edit("site.sweep", [{ action: "all.settle" }]),
    "site.burn": {
      uses: "c/post",
      target: "site",
      input: { site: { object: "site" }, level },
      effect: ["self.level = arg.level"],
    },
    "proxy.reload": {
      class: "reversible",
      uses: "c/post",
      target: "proxy",
      input: { proxy: { object: "proxy" }, level },
      effect: ["self.level = arg.level"],
      compensate: { action: "proxy.reload", args: { level: { before: "level" } } },
    },
    "all.settle": {
      class: "reversible",
      uses: "c/post",
      effect: ["proxy.front.level = 0"],
      compensate: { action: "all.settle" },
    },
  },
};

function edit(name: string, thenRun?: readonly JsonValue[]): JsonValue {
  return {
    class: "reversible",
    uses: "c/post",
    target: "site",
    input: { site: { object: "site" }, level },
    effect: ["self.level = arg.level"],
    compensate: {
      action: name,
      args: { level: { before: "level" } },
      ...(thenRun === undefined ? {} : { thenRun: [...thenRun] }),
    },
  };
}

function reloadArgs(proxy: string): JsonValue {
  return { proxy: { literal: proxy }, level: { before: "level" } };
}

function planOf(steps: readonly ProposedStep[]): Plan {
  const parsed = parseDomain(domain);
  if (!parsed.ok) throw new Error(parsed.error.map(({ pointer, message }) => `${pointer} ${message}`).join());
  return compileOrThrow(requestOf(proposalOf(steps), { domain: parsed.value }));
}

/** The rows between the heading of the way back and the endings. */
function wayBackRows(steps: readonly ProposedStep[]): readonly string[] {
  const plan = planOf(steps);
  const text = renderOutline(reviewPlan(plan), outlinePlan(plan), null);
  const rows = text.replaceAll(/\n\s*│ /g, " ").split("\n");
  const from = rows.findIndex((row) => row.startsWith("way back"));
  return rows.slice(
    from,
    rows.findIndex((row) => row.startsWith("endings")),
  );
}

function write(id: string, action: string, object: string, after: readonly string[] = []): ProposedStep {
  const type = action.split(".")[0] ?? "";
  const args = [literal(type, object), literal("level", 3)];
  return step(id, { action, args, after, onFailure: "rollback" });
}

describe("the rows about a way back", () => {
  it("say newest first, and no more, where nothing has to run after an undo", () => {
    expect(wayBackRows([write("a", "site.plain", "s1"), write("b", "site.plain", "s2", ["a"])])).toEqual([
      "way back, newest write first",
      "  undone by a way back that has never been tried: 1",
    ]);
  });

  it("give the order where something has, and say which step it puts right", () => {
    const steps = [write("edit", "site.edit", "s1"), write("reload", "proxy.reload", "front", ["edit"])];

    expect(wayBackRows(steps)).toEqual([
      "way back, in this order",
      "  undo edit on site/s1, by site.edit",
      "  then run proxy.reload on proxy/front; puts right reload, with no undo of its own",
      "  undone by a way back that has never been tried: 1, 2",
    ]);
  });

  it("undo by itself a later step that does not wait for the edit", () => {
    const steps = [write("edit", "site.edit", "s1"), write("reload", "proxy.reload", "front")];

    expect(wayBackRows(steps).slice(1, -1)).toEqual([
      "  undo reload on proxy/front, by proxy.reload",
      "  undo edit on site/s1, by site.edit",
      "  then run proxy.reload on proxy/front",
    ]);
  });

  it("name both actions that run after one undo, and take equal ones in a row together", () => {
    expect(wayBackRows([write("edit", "site.both", "s1")]).slice(1, -1)).toEqual([
      "  undo edit on site/s1, by site.both",
      "  then run proxy.reload on proxy/front, proxy/rear",
    ]);
  });

  it("take undos of one object in a row together, with what runs once behind the oldest", () => {
    const steps = [write("a", "site.edit", "s1"), write("b", "site.edit", "s1", ["a"])];

    expect(wayBackRows(steps).slice(1, -1)).toEqual([
      "  undo b, a on site/s1, by site.edit",
      "  then run proxy.reload on proxy/front",
    ]);
  });

  it("give each object its own run, because each puts back the values of its own step", () => {
    const steps = [write("a", "site.edit", "s1"), write("b", "site.edit", "s2", ["a"])];

    expect(wayBackRows(steps).slice(1, -1)).toEqual([
      "  undo b on site/s2, by site.edit",
      "  then run proxy.reload on proxy/front",
      "  undo a on site/s1, by site.edit",
      "  then run proxy.reload on proxy/front",
    ]);
  });

  it("name no object for an action on the whole domain", () => {
    expect(wayBackRows([write("edit", "site.sweep", "s1")]).slice(1, -1)).toEqual([
      "  undo edit on site/s1, by site.sweep",
      "  then run all.settle",
    ]);
  });

  it("say in the order, and below it, which write has no way back", () => {
    const steps = [
      write("edit", "site.edit", "s1"),
      { ...write("burn", "site.burn", "s2", ["edit"]), onFailure: "stop" as const },
    ];

    const rows = wayBackRows(steps);

    expect(rows).toContain("  undo burn on site/s2, no way back");
    expect(rows.at(-1)).toMatch(/^ {2}! cannot be undone: \d$/);
  });

  it("are at most twelve for the order, and say how many are left out", () => {
    const steps = ids.flatMap((id, index) => [
      write(`e${index}`, "site.edit", id, index === 0 ? [] : [`r${index - 1}`]),
      write(`r${index}`, "proxy.reload", "front", [`e${index}`]),
    ]);

    const rows = wayBackRows(steps);

    expect(rows.filter((row) => /^ {2}(undo|then run) /.test(row))).toHaveLength(12);
    expect(rows).toContain("  and 18 more rows that `show --full` shows by step");
  });

  it("have the same order as data", () => {
    const plan = planOf([write("edit", "site.edit", "s1"), write("reload", "proxy.reload", "front", ["edit"])]);

    expect(outlinePlan(plan).wayBack).toEqual([
      { stepId: "edit", kind: "undo", action: "site.edit", target: "site/s1", covers: [] },
      { stepId: "edit.then1", kind: "then_run", action: "proxy.reload", target: "proxy/front", covers: ["reload"] },
    ]);
  });
});
