import { describe, expect, it } from "vitest";
import { planOf, type StepSketch } from "../../run/fixtures/plan.fixture.ts";
import { orderWayBack, placeThenRuns } from "./way-back.ts";

/** The way back of a plan of which these steps have touched the world, in this order; by ids. */
function wayBackOf(sketches: readonly StepSketch[], touched: readonly string[]): readonly string[] {
  const plan = planOf(sketches);
  const runs = placeThenRuns(plan);
  const ids = [...plan.steps.map(({ id }) => id), ...runs.steps.map(({ step }) => step.id)];
  const { order, covered } = orderWayBack(runs, touched.map((id) => ids.indexOf(id)).toReversed());
  const idOf = (index: number): string => ids[index] ?? "?";
  return order.map((index) => {
    const put = covered.flatMap(({ by, steps }) => (by === index ? steps.map(idOf) : []));
    return put.length === 0 ? idOf(index) : `${idOf(index)}(${put.join()})`;
  });
}

const edit = (id: string, after: readonly string[] = []): StepSketch => ({ id, box: id, thenRun: ["s"], after });
const reload = (id: string, after: readonly string[]): StepSketch => ({ id, box: "s", after });

describe("the order of a way back", () => {
  it("is newest first where nothing has to run after an undo", () => {
    expect(wayBackOf([{ id: "a" }, { id: "b", after: ["a"] }], ["a", "b"])).toEqual(["b", "a"]);
  });

  it("puts a later step of the same kind right once the older one is undone, and not before", () => {
    expect(wayBackOf([edit("e"), reload("r", ["e"])], ["e", "r"])).toEqual(["e", "e.then1(r)"]);
  });

  it("undoes what came after both first, and what came between them before the older one", () => {
    const steps = [edit("e"), { id: "x", after: ["e"] }, reload("r", ["x"]), { id: "y", after: ["r"] }];

    expect(wayBackOf(steps, ["e", "x", "r", "y"])).toEqual(["y", "x", "e", "e.then1(r)"]);
  });

  it("runs what has to run although no later step of the kind has touched anything", () => {
    expect(wayBackOf([edit("e"), reload("r", ["e"])], ["e"])).toEqual(["e", "e.then1"]);
  });

  it("runs it once for undos in a row, behind the oldest of them", () => {
    const steps = [edit("a"), edit("b", ["a"]), reload("r", ["b"])];

    expect(wayBackOf(steps, ["a", "b", "r"])).toEqual(["b", "a", "a.then1(r)"]);
    expect(wayBackOf(steps, ["a", "b"])).toEqual(["b", "a", "a.then1"]);
  });

  it("goes back through the states that the way forth went through", () => {
    const steps = [edit("a"), reload("r", ["a"]), edit("b", ["r"]), reload("q", ["b"])];

    expect(wayBackOf(steps, ["a", "r", "b", "q"])).toEqual(["b", "b.then1(q)", "a", "a.then1(r)"]);
    expect(wayBackOf(steps, ["a", "r", "b"])).toEqual(["b", "b.then1", "a", "a.then1(r)"]);
  });

  it("puts two reloads in a row right at once, the newer one first", () => {
    const steps = [edit("a"), reload("r", ["a"]), reload("q", ["r"])];

    expect(wayBackOf(steps, ["a", "r", "q"])).toEqual(["a", "a.then1(q,r)"]);
  });

  it("undoes a step of the same kind by itself if it did not wait for the other", () => {
    expect(wayBackOf([edit("e"), reload("r", [])], ["e", "r"])).toEqual(["r", "e", "e.then1"]);
  });

  it("runs several actions after one undo in their order", () => {
    const steps: readonly StepSketch[] = [{ id: "e", thenRun: ["s", "t"] }, reload("r", ["e"])];

    expect(wayBackOf(steps, ["e", "r"])).toEqual(["e", "e.then1(r)", "e.then2"]);
  });

  it("keeps apart what different actions after undos put right", () => {
    const steps = [edit("a"), { ...edit("b", ["a"]), thenRun: ["t"] }, reload("r", ["b"])];

    expect(wayBackOf(steps, ["a", "b", "r"])).toEqual(["b", "b.then1", "a", "a.then1(r)"]);
  });
});
