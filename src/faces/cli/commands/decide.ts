import { type Command, InvalidArgumentError, Option } from "commander";
import type { RunCommand } from "../command.ts";

interface Given {
  readonly card?: string;
  readonly observe: readonly string[];
  readonly judge: readonly string[];
  readonly heard: readonly string[];
  readonly json?: boolean;
  readonly dot?: boolean;
  readonly mermaid?: boolean;
  readonly explain?: boolean;
  readonly flips: number;
}

/** `interlock decide`: the best plan within the limit, and why. */
export function registerDecide(program: Command, run: RunCommand): void {
  program
    .command("decide")
    .argument("[situation]", "a situation (YAML or JSON), or `-` for stdin")
    .description("decide a situation exactly, within its limit on risk, and say why")
    .option("--card <file>", "a foreign decision card instead of a situation")
    .option(
      "--observe <probe=outcome>",
      "what was seen already; may be repeated",
      (value: string, seen: readonly string[]) => [...seen, value],
      [],
    )
    .option(
      "--judge <file>",
      "a judge with its measured table; may be repeated",
      (value: string, given: readonly string[]) => [...given, value],
      [],
    )
    .option(
      "--heard <file>",
      "a judge's recorded answer, heard before the plan; may be repeated",
      (value: string, given: readonly string[]) => [...given, value],
      [],
    )
    .option("--explain", "add value of information and flip analysis; under --json, the whole explanation")
    .option("--flips <solves>", "exact solves the flip analysis may spend", readCount, 200)
    .addOption(new Option("--json", "one JSON document").conflicts(["dot", "mermaid"]))
    .addOption(new Option("--dot", "the plan as a Graphviz drawing").conflicts(["mermaid"]))
    .option("--mermaid", "the plan as a Mermaid drawing")
    .action((situation: string | undefined, given: Given) =>
      run(async (context) => {
        const { runDecide } = await import("../decide.ts");
        return runDecide(context, {
          situationPath: situation ?? null,
          cardPath: given.card ?? null,
          observe: given.observe,
          judges: given.judge,
          heard: given.heard,
          format:
            given.json === true ? "json" : given.dot === true ? "dot" : given.mermaid === true ? "mermaid" : "text",
          isExplained: given.explain === true,
          flipSolves: given.flips,
        });
      }),
    );
}

function readCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("expected a whole number up to 999999");
  return Number(text);
}
