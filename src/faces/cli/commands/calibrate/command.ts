import { type Command, InvalidArgumentError } from "commander";
import { type Problem, problem } from "../../../../core/value/codes.ts";
import { ok, type Result } from "../../../../core/value/result.ts";
import { ownText, screen } from "../../../../core/value/screen.ts";
import type { Interlock, Interviewer } from "../../../../interlock.ts";
import { collect } from "../../collect.ts";
import type { RunCommand } from "../../command.ts";
import { type CliContext, readInput } from "../../context.ts";
import { withInterlock } from "../../door.ts";
import { printDocument, refuse } from "../../report.ts";
import { wordCommand, wordNext } from "../../word-next.ts";
import { modeFor, type Output, openOutput } from "../../write-output.ts";
import { readLines } from "./lines.ts";

/** The options as typed. */
export interface Given {
  readonly situation?: string;
  readonly elicit?: boolean;
  readonly judge?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly chart?: string;
  readonly json?: boolean;
  readonly asUnknown: readonly string[];
  readonly strict?: boolean;
  readonly opinionWeight: number;
  readonly minIncidents: number;
  readonly mass: number;
}

/** `interlock calibrate`: learns the numbers of a situation from closed incidents. */
export function registerCalibrate(program: Command, run: RunCommand): void {
  program
    .command("calibrate")
    .argument("[incidents]", "closed incidents, one JSON object a line, or `-` for stdin")
    .description("learn a situation's numbers from closed incidents, and judge its forecasts; or ask a person for them")
    .option("--situation <file>", "the situation whose numbers are learnt or questioned")
    .option("--elicit", "interview a person at the terminal instead, and write the answers to `--out`")
    .option("--judge <file>", "measure this judge instead, on lines of `{ context, record }`")
    .option("--out <file>", "write the calibrated situation, or the judge with its table, to a new file")
    .option("--chart <file>", "write the reliability diagram (SVG) to a new file")
    .option("--force", "replace the files of `--out` and `--chart` if they exist")
    .option("--as-unknown <context>", "count incidents of this context as `unknown`; may be repeated", collect, [])
    .option("--strict", "refuse the whole file if a line of it cannot be read")
    .option(
      "--opinion-weight <incidents>",
      "how many incidents a declared row counts for, up to the situation's cap",
      numberBetween(0, 1000),
      10,
    )
    .option(
      "--min-incidents <count>",
      "the fewest incidents from which a utility or a catastrophe probability is learnt",
      numberBetween(2, 1_000_000),
      20,
    )
    .option("--mass <share>", "posterior mass of the credible set", numberBetween(0.01, 0.999_999), 0.9)
    .option("--json", "one JSON document")
    .action((incidents: string | undefined, given: Given) =>
      run((context, globals) =>
        withInterlock(context, globals, { json: given.json === true }, async (interlock) => {
          const mode = modeFor(globals, given.force);
          if (!mode.ok) return refuse(context, [mode.error], { json: given.json === true });
          if (given.elicit === true) return elicitCommand(context, interlock, given);
          if (incidents === undefined || given.situation === undefined)
            return refuse(context, [usageProblem(context)], { json: given.json === true });
          const inputs = { incidents, situation: given.situation };
          return given.judge === undefined
            ? calibrateCommand(context, interlock, inputs, given)
            : calibrateJudgeCommand(context, interlock, { ...inputs, judge: given.judge }, given);
        }),
      ),
    );
}

function usageProblem(context: CliContext): Problem {
  const example = wordCommand(context, "calibrate", "incidents.jsonl", "--situation", "situation.yaml");
  return problem("E_USAGE", "", "name the incidents and the situation", `for example \`${example}\``);
}

/** Where each of these names leads, `null` for one that was not given. All are looked at before anything is done. */
async function openOutputs(
  context: CliContext,
  interlock: Interlock,
  { force }: Pick<Given, "force">,
  paths: readonly (string | undefined)[],
): Promise<Result<readonly (Output | null)[], Problem>> {
  const outputs: (Output | null)[] = [];
  for (const path of paths) {
    const mode = force === true ? "replace" : "create";
    const output = path === undefined ? ok(null) : await openOutput(context, interlock, path, { mode });
    if (!output.ok) return output;
    outputs.push(output.value);
  }
  return ok(outputs);
}

/** Learns a situation's numbers from closed incidents and writes the situation back. */
export async function calibrateCommand(
  context: CliContext,
  interlock: Interlock,
  inputs: { readonly incidents: string; readonly situation: string },
  given: Given,
): Promise<number> {
  const json = given.json === true;
  const outputs = await openOutputs(context, interlock, given, [given.out, given.chart]);
  if (!outputs.ok) return refuse(context, [outputs.error], { json });
  const situation = await readInput(context, inputs.situation);
  if (!situation.ok) return refuse(context, [situation.error], { json });
  const incidents = await readLines(context, inputs.incidents);
  if (!incidents.ok) return refuse(context, [incidents.error], { json });
  const calibrated = await interlock.calibrate({
    situation: situation.value,
    incidents: incidents.value,
    asUnknown: given.asUnknown,
    isStrict: given.strict === true,
    learning: { opinionWeight: given.opinionWeight, cellCountMin: given.minIncidents, mass: given.mass },
  });
  if (!calibrated.ok) return refuse(context, calibrated.error, { json });
  const { situationText, chart, document, lines } = calibrated.value;
  const written: string[] = [];
  for (const [index, text] of [situationText, chart].entries()) {
    const output = outputs.value[index] ?? null;
    if (output === null) continue;
    const done = output.write(text);
    if (!done.ok) return refuse(context, [done.error], { json });
    written.push(output.path);
  }
  if (json) printDocument(context, { ...document, written });
  else {
    const told =
      written.length === 0
        ? ["nothing written: `--out FILE` writes the situation"]
        : written.map((path) => `wrote ${path}`);
    context.out(ownText(`${[...lines, "", ...told].join("\n")}\n`));
  }
  return 0;
}

/** Measures a judge on closed incidents and writes it back with its table. */
async function calibrateJudgeCommand(
  context: CliContext,
  interlock: Interlock,
  inputs: { readonly incidents: string; readonly situation: string; readonly judge: string },
  given: Given,
): Promise<number> {
  const { out, json = false } = given;
  const outputs = await openOutputs(context, interlock, given, [out]);
  if (!outputs.ok) return refuse(context, [outputs.error], { json });
  const situation = await readInput(context, inputs.situation);
  if (!situation.ok) return refuse(context, [situation.error], { json });
  const judge = await readInput(context, inputs.judge);
  if (!judge.ok) return refuse(context, [judge.error], { json });
  const graded = await readLines(context, inputs.incidents);
  if (!graded.ok) return refuse(context, [graded.error], { json });
  const request = { situation: situation.value, judge: judge.value, graded: graded.value };
  const measured = await interlock.calibrateJudge(request);
  if (!measured.ok) return refuse(context, measured.error, { json });
  const { judgeText, document, lines } = measured.value;
  const written = outputs.value[0]?.write(judgeText) ?? ok(null);
  if (!written.ok) return refuse(context, [written.error], { json });
  if (json) printDocument(context, document);
  else {
    const told = out === undefined ? "nothing written: `--out FILE` writes the judge with its table" : `wrote ${out}`;
    context.out(ownText(`${[...lines, told].join("\n")}\n`));
  }
  return 0;
}

/** Interviews a person at the terminal; 130 when the person leaves, with nothing written. */
export async function elicitCommand(
  context: CliContext,
  interlock: Interlock,
  given: Pick<Given, "situation" | "out" | "force">,
  interviewer?: Interviewer,
): Promise<number> {
  const { situation, out } = given;
  const no = (problems: readonly Problem[]): number => refuse(context, problems, { json: false });
  if (out === undefined) {
    const example = wordCommand(context, "calibrate", "--elicit", "--out", "situation.yaml");
    return no([problem("E_USAGE", "", "name the file to write with `--out`", `for example \`${example}\``)]);
  }
  if (interviewer === undefined && !context.isInteractive)
    return no([problem("E_USAGE", "", "an interview needs a terminal", "run it in a terminal, without `--no-input`")]);
  const outputs = await openOutputs(context, interlock, given, [out]);
  if (!outputs.ok) return no([outputs.error]);
  const bytes = situation === undefined ? null : await readInput(context, situation);
  if (bytes !== null && !bytes.ok) return no([bytes.error]);
  const { terminalInterviewer } = await import("./terminal-interviewer.ts");
  const elicited = await interlock.elicit(
    { situation: bytes?.value ?? null },
    interviewer ?? terminalInterviewer(context),
  );
  if (!elicited.ok) return no(elicited.error);
  if (elicited.value.kind === "left") {
    context.err(screen`left: nothing was written\n`);
    return 130;
  }
  const written = outputs.value[0]?.write(elicited.value.situationText) ?? ok(null);
  if (!written.ok) return no([written.error]);
  context.out(screen`wrote ${out}; next: ${wordNext(context, { do: "decide", situation: out })}\n`);
  return 0;
}

function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() === "" || !(number >= min && number <= max))
      throw new InvalidArgumentError(`expected a number from ${min} to ${max}`);
    return number;
  };
}
