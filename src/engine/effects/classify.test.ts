import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../core/value/json-value.ts";
import { iterationsOf } from "./classifier-cost.ts";
import { classifyOutput } from "./classify.ts";

const classify = (output: JsonValue, ...outcomes: readonly string[]): Promise<string> =>
  classifyOutput(
    outcomes.map((when, index) => ({ name: `o${index}`, when })),
    output,
  );

describe("classifyOutput", () => {
  it("gives the first outcome whose expression is true", async () => {
    expect(await classify({ rate: 20 }, "output.rate > 100", "output.rate > 10", "output.rate > 1")).toBe("o1");
  });

  it("compares whole numbers and fractions as JSON writes them", async () => {
    expect(await classify({ status: 200, load: 0.5 }, "output.status == 200 && output.load < 0.75")).toBe("o0");
  });

  it("reaches into lists and objects of any depth", async () => {
    expect(
      await classify(
        { body: { pods: [{ up: true }, { up: false }] } },
        "output.body.pods.all(p, p.up)",
        "output.body.pods.exists(p, !p.up)",
      ),
    ).toBe("o1");
  });

  it("gives `none_of_these` when nothing is true", async () => {
    expect(await classify({ rate: 1 }, "output.rate > 100")).toBe("none_of_these");
    expect(await classify({}, ...[])).toBe("none_of_these");
  });

  it.each([
    ["an expression that does not parse", "output.rate >"],
    ["a field that is not there", "output.none > 1"],
    ["a comparison of two types", "output.rate > 'high'"],
    ["a value that is no condition", "output.rate"],
    ["a name that is not `output`", "input.rate > 1"],
  ])("gives `none_of_these` for %s, though a later outcome would be true", async (_, when) => {
    expect(await classify({ rate: 20 }, when, "true")).toBe("none_of_these");
  });

  it("classifies nothing that is too large, and no expression that is too long", async () => {
    expect(await classify({ text: "a".repeat(100_000) }, "true")).toBe("none_of_these");
    expect(await classify({}, `true${" || true".repeat(100)}`)).toBe("none_of_these");
  });

  it("does not begin what would take too long", async () => {
    const items = Array.from({ length: 200 }, (_, index) => index);

    expect(await classify({ items }, "output.items.all(a, a >= 0)")).toBe("o0");
    expect(
      await classify({ items }, "output.items.all(a, output.items.all(b, output.items.all(c, a + b + c >= 0)))"),
    ).toBe("none_of_these");
  });

  it("is not slowed down by a pattern made to backtrack", async () => {
    expect(await classify({ text: `${"a".repeat(50_000)}b` }, "output.text.matches('^(a+)+$')", "true")).toBe("o1");
  });
});

describe("iterationsOf", () => {
  const items = { items: [1, 2, 3, 4] };

  it.each([
    ["no macro runs once", "output.items.size() > 3", 1],
    ["one macro runs over the largest collection", "output.items.all(x, x > 0)", 6],
    ["macros side by side do not multiply", "output.items.exists(x, x > 0) && output.items.exists(y, y > 0)", 7],
    ["a chain does not multiply", "output.items.filter(x, x > 0).exists(y, y > 0)", 7],
    ["nesting multiplies", "output.items.all(x, output.items.all(y, x > y))", 49],
    [
      "nesting in an argument's parentheses multiplies",
      "output.items.all(x, (1 > 2) || (output.items . map (y, y).size() > 3))",
      49,
    ],
    ["a joined list is as long as its parts", "(output.items + output.items).all(x, x > 0)", 12],
    ["text in quotes is no syntax", "output.items.all(x, x != '.all(a, b, c') + \".map(\"", 12],
  ])("%s", (_, source, expected) => {
    expect(iterationsOf(source, items)).toBe(expected);
  });
});

describe("a part of an output that was not kept", () => {
  const output = {
    status: 200,
    body: { id: { $unreadable: "number 7615917337495251231" }, up: true, $unreadable: ["constructor"] },
  };

  it("decides nothing: an expression that comes to it has no outcome, whichever way it compares", async () => {
    expect(await classify(output, "output.body.id != 7", "true")).toBe("none_of_these");
    expect(await classify(output, "has(output.body.id)", "true")).toBe("none_of_these");
    expect(await classify(output, "output.body['$unreadable'] != 1", "true")).toBe("none_of_these");
  });

  it("disturbs no expression beside it", async () => {
    expect(await classify(output, "output.status == 200 && output.body.up")).toBe("o0");
  });
});
