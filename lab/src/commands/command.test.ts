import { describe, expect, it } from "vitest";
import { type Command, type CommandInput, describeCommand, parseCommandLine, wholeNumberOf } from "./command.ts";

const COMMAND: Command = {
  name: "try",
  usage: "try NAME [--seed N] [--json]",
  summary: "Tries.",
  positionalCountMax: 1,
  examples: ["npm run lab -- try it"],
  options: [
    { name: "seed", kind: "value", placeholder: "N", summary: "a seed" },
    { name: "json", kind: "flag", summary: "as JSON" },
  ],
  run: async () => 0,
};

function inputOf(args: readonly string[]): CommandInput {
  return { ...parseCommandLine(COMMAND, args), print: () => undefined, say: () => undefined };
}

describe("parseCommandLine", () => {
  it("options and words are told apart wherever they stand", () => {
    const input = inputOf(["--json", "it", "--seed", "4"]);

    expect(input.positionals).toEqual(["it"]);
    expect(input.flag("json")).toBe(true);
    expect(wholeNumberOf(input, "seed", 1)).toBe(4);
  });

  it.each([
    ["an unknown option", ["--bogus"], /unknown option `--bogus`/],
    ["an option without its value", ["--seed"], /--seed/],
    ["a value for a flag", ["--json=yes"], /--json/],
    ["one word too many", ["it", "that"], /`that` is one word too many/],
  ])("%s is refused with the usage", (_claim, args, message) => {
    expect(() => parseCommandLine(COMMAND, args)).toThrow(message);
    expect(() => parseCommandLine(COMMAND, args)).toThrow(
      expect.objectContaining({ code: "E_LAB_USAGE", hint: expect.stringContaining("try NAME") }),
    );
  });

  it.each(["1.5", "-1", "many", "1e400", ""])("`%s` is no whole number", (text) => {
    expect(() => wholeNumberOf(inputOf([`--seed=${text}`]), "seed", 1)).toThrow(
      expect.objectContaining({ code: "E_LAB_USAGE" }),
    );
  });
});

it("the help names every option and an example", () => {
  const help = describeCommand(COMMAND);

  for (const part of ["try NAME", "--seed N", "a seed", "--json", "$ npm run lab -- try it"])
    expect(help).toContain(part);
});
