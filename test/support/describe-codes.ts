import { codes, retiredCodes, stages } from "../../src/core/value/codes.ts";
import { type ExitEntry, exitCodes } from "../../src/core/value/exit-codes.ts";

/** The text of docs/exit-codes.md, from the two tables that the product itself uses. */
export function describeCodes(): string {
  return [
    "# Exit codes",
    "",
    "`npm run docs:codes` writes this page from `src/core/value/exit-codes.ts` and `src/core/value/codes.ts`, and a",
    "test keeps it up to date.",
    "",
    "Each number has one meaning. 10–19: nothing was touched. 20–39: something was (30–39 are not used yet). Scripts",
    "may rely on these numbers; [compatibility.md](compatibility.md) says what may change. The code of a refusal",
    "(`E_…`, first on the line, and `problems[0].code` with `--json`) says more. All of them are listed below.",
    "",
    "| code | meaning | the world |",
    "|---|---|---|",
    ...exitRows(),
    "",
    "A *reserved* number is set aside for a later release. Nothing ends with it yet.",
    "",
    "Why one meaning each: in Ansible 2.14 a play whose rescue block rolled it back exits 0, and 2 and 4 mean two",
    "things each, so that a script cannot trust them. Why endings that look like success have numbers of their",
    "own: 0 means done *and verified*: each post-condition and each declared effect was read back. A plan that",
    "tolerated a failure (25), a run that a person closed (26) and a write that could not be read back (28) are",
    "less than that, and a script that knows only 0 must not take them for success. A dispute has two numbers",
    "(16, 29) because what a script may do next depends on whether something was written.",
    "",
    "Output that cannot be written, such as on a full disk, ends a command that only prints with 1. A run goes on and",
    "keeps its own exit code, but for 0: that becomes 1, because what was asked for was not told. A reader that goes",
    "away (`| head`) changes no exit code, but an export that is not complete ends with 1. Node gives a process whose",
    "standard output was closed (`>&-`) an open `/dev/null`, so that nothing can tell the two apart: it ends as if",
    "somebody had read it. `watch` exits with 0 whatever the run comes to, and `doctor` with the code of the first",
    "thing that is bad.",
    "",
    "## Every refusal",
    "",
    "In the order in which a change can meet them. The hint is the general one; a refusal may give a better one.",
    ...stages.flatMap(describeStage),
    "",
    `Retired, and never to be given another meaning: ${retiredCodes.map((code) => `\`${code}\``).join(", ")}.`,
    "",
  ].join("\n");
}

function exitRows(): readonly string[] {
  // Keys that are whole numbers come in ascending order.
  return Object.entries<ExitEntry>(exitCodes).map(([code, { meaning, world, isReserved }]) =>
    row(code, isReserved ? `*reserved:* ${meaning}` : meaning, world),
  );
}

function describeStage(stage: (typeof stages)[number]): readonly string[] {
  const rows = Object.entries(codes).filter(([, entry]) => entry.stage === stage);
  return [
    "",
    `### ${stage}`,
    "",
    "| refusal | exit | hint |",
    "|---|---|---|",
    ...rows.map(([code, { exitCode, hint }]) => row(`\`${code}\``, `${exitCode}`, hint)),
  ];
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
