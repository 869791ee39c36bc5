import { type Command, InvalidArgumentError } from "commander";
import { problem } from "../../../core/value/codes.ts";
import type { RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { refuse } from "../report.ts";

interface Given {
  readonly situation?: string;
  readonly elicit?: boolean;
  readonly judge?: string;
  readonly out?: string;
  readonly chart?: string;
  readonly json?: boolean;
  readonly asUnknown: readonly string[];
  readonly strict?: boolean;
  readonly opinionWeight: number;
  readonly minIncidents: number;
  readonly mass: number;
}

/** `interlock calibrate`: a situation's numbers from closed incidents. */
export function registerCalibrate(program: Command, run: RunCommand): void {
  program
    .command("calibrate")
    .argument("[incidents]", "closed incidents, one JSON object a line, or `-` for stdin")
    .description("learn a situation's numbers from closed incidents, and judge its forecasts; or ask a person for them")
    .option("--situation <file>", "the situation whose numbers are learnt, or questioned")
    .option("--elicit", "interview a person in the terminal instead, and write what was said to `--out`")
    .option("--judge <file>", "measure this judge instead, on lines of `{ context, record }`")
    .option("--out <file>", "write the calibrated situation, or the judge with its table")
    .option("--chart <file>", "write the reliability diagram (SVG)")
    .option(
      "--as-unknown <context>",
      "count incidents of this context as `unknown`; may be repeated",
      (value: string, seen: readonly string[]) => [...seen, value],
      [],
    )
    .option("--strict", "refuse the whole file when a line of it cannot be read")
    .option(
      "--opinion-weight <incidents>",
      "how many incidents a declared row counts for, up to the situation's cap",
      numberBetween(0, 1000),
      10,
    )
    .option(
      "--min-incidents <count>",
      "fewest incidents from which a utility or catastrophe probability is learnt",
      numberBetween(2, 1_000_000),
      20,
    )
    .option("--mass <share>", "posterior mass of the credible set", numberBetween(0.01, 0.999_999), 0.9)
    .option("--json", "one JSON document")
    .action((incidents: string | undefined, given: Given) =>
      run(async (context) => {
        if (given.elicit === true) return elicit(context, given);
        if (incidents === undefined || given.situation === undefined)
          return refuse(context, [usage], { json: given.json === true });
        if (given.judge !== undefined) {
          const { runCalibrateJudge } = await import("../calibrate-judge.ts");
          return runCalibrateJudge(context, {
            gradedPath: incidents,
            judgePath: given.judge,
            situationPath: given.situation,
            outPath: given.out ?? null,
            json: given.json === true,
          });
        }
        const { runCalibrate } = await import("../calibrate.ts");
        return runCalibrate(context, {
          incidentsPath: incidents,
          situationPath: given.situation,
          outPath: given.out ?? null,
          chartPath: given.chart ?? null,
          json: given.json === true,
          asUnknown: given.asUnknown,
          isStrict: given.strict === true,
          learning: { opinionWeight: given.opinionWeight, cellCountMin: given.minIncidents, mass: given.mass },
        });
      }),
    );
}

const usage = problem(
  "E_USAGE",
  "",
  "name the incidents and the situation",
  "for example `interlock calibrate incidents.jsonl --situation situation.yaml`",
);

async function elicit(context: CliContext, { situation, out }: Given): Promise<number> {
  if (out === undefined)
    return refuse(
      context,
      [
        problem(
          "E_USAGE",
          "",
          "name the file to write with `--out`",
          "for example `interlock calibrate --elicit --out situation.yaml`",
        ),
      ],
      { json: false },
    );
  const { runElicit } = await import("../elicit.ts");
  return runElicit(context, { situationPath: situation ?? null, outPath: out });
}

function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() === "" || !(number >= min && number <= max))
      throw new InvalidArgumentError(`expected a number from ${min} to ${max}`);
    return number;
  };
}
