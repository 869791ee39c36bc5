import { type Command, InvalidArgumentError, Option } from "commander";
import { type Problem, problem } from "../../../../core/value/codes.ts";
import { fail, ok, type Result } from "../../../../core/value/result.ts";
import { ownText, screen } from "../../../../core/value/screen.ts";
import { quote } from "../../../../core/value/text.ts";
import type { Decided, DecideRequest, Interlock } from "../../../../interlock.ts";
import { collect } from "../../collect.ts";
import type { RunCommand } from "../../command.ts";
import { type CliContext, readInput } from "../../context.ts";
import { withInterlock } from "../../door.ts";
import { printDocument, refuse } from "../../report.ts";
import { wordNext } from "../../word-next.ts";
import { walkDecision } from "./walk.ts";

/** The options as typed. */
export interface Given {
  readonly card?: string;
  readonly observe: readonly string[];
  readonly judge: readonly string[];
  readonly heard: readonly string[];
  readonly json?: boolean;
  readonly dot?: boolean;
  readonly mermaid?: boolean;
  readonly pomdp?: boolean;
  readonly explain?: boolean;
  readonly exact?: boolean;
  readonly flips: number;
}

/** `interlock decide`: the best policy within the limit, and why. */
export function registerDecide(program: Command, run: RunCommand): void {
  program
    .command("decide")
    .argument("[situation]", "a situation (YAML or JSON), or `-` for stdin")
    .description("decide a situation within its limit on risk, and say why")
    .option("--card <file>", "a decision card of another tool instead of a situation")
    .option("--observe <probe=outcome>", "what has been seen already; may be repeated", collect, [])
    .option("--judge <file>", "a judge with its measured table; may be repeated", collect, [])
    .option("--heard <file>", "a judge's recorded answer, used before deciding; may be repeated", collect, [])
    .option("--explain", "add value of information and flip analysis; under --json, the whole explanation")
    .option("--flips <solves>", "how many exact solves the flip analysis may use", readCount, 200)
    .option("--exact", "refuse a situation too large to decide exactly, instead of deciding with a bound")
    .addOption(new Option("--json", "one JSON document").conflicts(["dot", "mermaid", "pomdp"]))
    .addOption(new Option("--dot", "the policy as a Graphviz drawing").conflicts(["mermaid", "pomdp"]))
    .addOption(new Option("--mermaid", "the policy as a Mermaid drawing").conflicts(["pomdp"]))
    .option("--pomdp", "the situation in the format of pomdp-solve, for another solver to check")
    .action((situation: string | undefined, given: Given) =>
      run((context, globals) =>
        withInterlock(context, globals, { json: given.json === true }, (interlock) =>
          decideCommand(context, interlock, situation ?? null, given),
        ),
      ),
    );
}

/**
 * Decides a situation, shows why, and lets a person walk the policy. Exits with 14 if nothing that acts keeps the
 * limit.
 */
export async function decideCommand(
  context: CliContext,
  interlock: Interlock,
  situation: string | null,
  given: Given,
): Promise<number> {
  const json = given.json === true;
  const request = await readRequest(context, situation, given);
  if (!request.ok) return refuse(context, request.error, { json });
  const { as, isExplained, flipSolves } = request.value;
  if (as === "text" && isExplained && context.isOutTerminal)
    context.err(screen`deciding anew, up to ${flipSolves} times, to see how far each number may be wrong\n`);
  const decided = await interlock.decide({ ...request.value, onProgress: progressLines(context) });
  context.status?.(null);
  if (!decided.ok) return refuse(context, decided.error, { json });
  const { document, lines } = decided.value;
  if (as === null) printDocument(context, document);
  else context.out(ownText(`${[...lines, ...(as === "text" && !isExplained ? walkOn : [])].join("\n")}\n`));
  if (as === "text" && context.isInteractive && given.observe.length === 0)
    await walkDecision(context, interlock, request.value);
  return exitCodeOf(context, decided.value, request.value);
}

/** Says nothing for two seconds. Then a terminal shows how far the weighing is, and a log hears of it now and then. */
function progressLines(context: CliContext): NonNullable<DecideRequest["onProgress"]> {
  let startedMs: number | null = null;
  let saidMs = 0;
  return ({ sweep, doneCount, totalCount }) => {
    if (totalCount < longFrom) return;
    const nowMs = performance.now();
    startedMs ??= nowMs;
    if (nowMs < startedMs + silentMs || nowMs < saidMs + (context.status === null ? logEveryMs : screenEveryMs)) return;
    saidMs = nowMs;
    const share = Math.floor((100 * doneCount) / totalCount);
    const line = screen`deciding: sweep ${sweep} over ${totalCount} beliefs, ${share} % done`;
    if (context.status === null) context.err(screen`${line}\n`);
    else context.status(line);
  };
}

/** Fewer beliefs than this are weighed at once, however busy the machine is. */
const longFrom = 50_000;
const silentMs = 2_000;
const screenEveryMs = 200;
const logEveryMs = 10_000;

const walkOn = [
  "",
  "next: `--explain` for value of information and flip analysis, `--observe PROBE=OUTCOME` to walk on",
];

function exitCodeOf(context: CliContext, { keepsLimit, minimumRisk, next }: Decided, { as }: DecideRequest): number {
  if (keepsLimit) return 0;
  // The text says so itself. A script that reads a drawing or a document on stdout would not know.
  if (as !== "text")
    context.err(
      next.kind === "commit"
        ? screen`nothing that acts keeps the limit: hand over with ${next.response}\n`
        : screen`nothing keeps the limit: the smallest reachable risk is ${minimumRisk}\n`,
    );
  return 14;
}

async function readRequest(
  context: CliContext,
  situation: string | null,
  given: Given,
): Promise<Result<DecideRequest, readonly Problem[]>> {
  const { card = null } = given;
  const path = card ?? situation;
  if (path === null || (card !== null && situation !== null)) {
    const hint = `for example \`${wordNext(context, { do: "decide", situation: "situation.yaml" })}\``;
    return fail([problem("E_USAGE", "", "name one situation, or one card with `--card`", hint)]);
  }
  const bytes = await readInput(context, path);
  if (!bytes.ok) return fail([bytes.error]);
  const observations = parseObservations(given.observe);
  if (!observations.ok) return observations;
  const judges = await readAll(context, given.judge);
  if (!judges.ok) return judges;
  const heard = await readAll(context, given.heard);
  if (!heard.ok) return heard;
  return ok({
    situation: bytes.value,
    mustBeCard: card !== null,
    observations: observations.value,
    judges: judges.value,
    heard: heard.value,
    as: formOf(given),
    isExplained: given.explain === true,
    flipSolves: given.flips,
    mustBeExact: given.exact === true,
  });
}

function formOf({ json, dot, mermaid, pomdp }: Given): DecideRequest["as"] {
  if (json === true) return null;
  if (dot === true) return "dot";
  if (mermaid === true) return "mermaid";
  return pomdp === true ? "pomdp" : "text";
}

async function readAll(
  context: CliContext,
  paths: readonly string[],
): Promise<Result<readonly Uint8Array[], readonly Problem[]>> {
  const files: Uint8Array[] = [];
  for (const path of paths) {
    const bytes = await readInput(context, path);
    if (!bytes.ok) return fail([bytes.error]);
    files.push(bytes.value);
  }
  return ok(files);
}

/** Reads `PROBE=OUTCOME`. Names contain no `=`. */
function parseObservations(given: readonly string[]): Result<DecideRequest["observations"], readonly Problem[]> {
  const hint = "for example `--observe check_db_locks=contention`";
  const problems = given
    .filter((text) => !/^[^=]+=[^=]+$/.test(text))
    .map((text) => problem("E_USAGE", "", `${quote(text)} is not PROBE=OUTCOME`, hint));
  if (problems.length > 0) return fail(problems);
  return ok(
    given.map((text) => {
      const [step = "", outcome = ""] = text.split("=");
      return { step, outcome };
    }),
  );
}

function readCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("expected a whole number up to 999999");
  return Number(text);
}
