import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { describeCommands, leavesOf } from "../src/faces/cli/describe-commands.ts";
import { examples } from "../src/faces/cli/examples.ts";
import { createProgram } from "../src/faces/cli/main.ts";

/** The program whose commands do nothing, and what of it was asked to run. */
function idleProgram(): { readonly program: ReturnType<typeof createProgram>; readonly ran: () => number } {
  let count = 0;
  const program = createProgram(async () => void (count += 1), { out: () => undefined, err: () => undefined });
  return { program, ran: () => count };
}

/** The words of a command line as a shell would split them; redirections are the shell's. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.replace(/ [<>] \S+$/, "").matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  expect(words[0]).toBe("interlock");
  return words.slice(1);
}

test("docs/cli.md is what the program says of itself: `npm run docs:cli` writes it", () => {
  expect(readFileSync(new URL("../docs/cli.md", import.meta.url), "utf8")).toBe(
    describeCommands(idleProgram().program),
  );
});

describe("examples", () => {
  const names = leavesOf(idleProgram().program).map(({ name }) => name);

  it("stand with every command, and with no other (src/faces/cli/examples.ts)", () => {
    expect(Object.keys(examples).toSorted()).toEqual(names.toSorted());
  });

  it.each(Object.entries(examples).flatMap(([name, lines]) => lines.map((line) => [line, name] as const)))(
    "`%s` is a command line of `%s`",
    async (line, name) => {
      const { program, ran } = idleProgram();
      const words = wordsOf(line);

      await program.parseAsync(words, { from: "user" });

      expect(words.slice(0, name.split(" ").length).join(" ")).toBe(name);
      expect(ran()).toBe(1);
    },
  );

  it("are shown by a command's help", async () => {
    let shown = "";
    const program = createProgram(async () => undefined, { out: (text) => void (shown += text), err: () => undefined });

    await expect(program.parseAsync(["help", "replay"], { from: "user" })).rejects.toMatchObject({ exitCode: 0 });

    expect(shown).toContain("$ interlock replay last --at 17");
  });
});
