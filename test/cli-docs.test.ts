import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commandFiles } from "../src/faces/cli/commands/index.ts";
import { describeCommands, leavesOf } from "../src/faces/cli/describe-commands.ts";
import { examples } from "../src/faces/cli/examples.ts";
import { createProgram } from "../src/faces/cli/main.ts";

/** The program with commands that do nothing, and a count of those that were asked to run. */
async function idleProgram(): Promise<{ readonly program: Command; readonly ran: () => number }> {
  let count = 0;
  const program = await createProgram(async () => void (count += 1), { out: () => undefined, err: () => undefined });
  return { program, ran: () => count };
}

/** The words of a command line as a shell would split them, without redirections. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.replace(/ [<>] \S+$/, "").matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  expect(words[0]).toBe("interlock");
  return words.slice(1);
}

it("docs/cli.md is what the program says of itself: `npm run docs:cli` writes it", async () => {
  expect(readFileSync(new URL("../docs/cli.md", import.meta.url), "utf8")).toBe(
    describeCommands((await idleProgram()).program),
  );
});

describe("a command line that begins with a command", () => {
  it.each(commandFiles().map(({ names }) => names))("loads its file alone: %s", async (...names) => {
    for (const name of names) {
      const program = await createProgram(async () => undefined, { out: () => undefined, err: () => undefined }, name);

      expect(program.commands.map((command) => command.name())).toEqual(names);
    }
  });

  it("has every command where it begins with something else: a command's name may be an option's value", async () => {
    for (const first of ["--store", "help", "chek", "completion", undefined]) {
      const write = { out: () => undefined, err: () => undefined };
      const program = await createProgram(async () => undefined, write, first);

      const known = new Set(program.commands.map((command) => command.name()));
      expect(commandFiles().flatMap(({ names }) => names.filter((name) => !known.has(name)))).toEqual([]);
    }
  });
});

describe("examples", async () => {
  const names = leavesOf((await idleProgram()).program).map(({ name }) => name);

  it("stand with every command, and with no other (src/faces/cli/examples.ts)", () => {
    expect(Object.keys(examples).toSorted()).toEqual(names.toSorted());
  });

  it.each(Object.entries(examples).flatMap(([name, lines]) => lines.map((line) => [line, name] as const)))(
    "`%s` is a command line of `%s`",
    async (line, name) => {
      const { program, ran } = await idleProgram();
      const words = wordsOf(line);

      await program.parseAsync(words, { from: "user" });

      expect(words.slice(0, name.split(" ").length).join(" ")).toBe(name);
      expect(ran()).toBe(1);
    },
  );

  it("are shown by a command's help", async () => {
    let shown = "";
    const write = { out: (text: string) => void (shown += text), err: () => undefined };
    const program = await createProgram(async () => undefined, write);

    await expect(program.parseAsync(["help", "replay"], { from: "user" })).rejects.toMatchObject({ exitCode: 0 });

    expect(shown).toContain("$ interlock replay last --at 17");
  });
});
