import { countIncidents } from "../../core/belief/calibrate/counts.ts";
import { credibleFigures } from "../../core/belief/calibrate/credible-set.ts";
import { reliabilitySvg } from "../../core/belief/calibrate/draw-reliability.ts";
import { editsFor } from "../../core/belief/calibrate/edits.ts";
import { type ClosedIncident, type IncidentFile, readIncidents } from "../../core/belief/calibrate/incident.ts";
import { scoreDeclared, scoreLearnt } from "../../core/belief/calibrate/judge-forecasts.ts";
import {
  type Learning,
  type LearningOptions,
  learningDefaults,
  learnSituation,
} from "../../core/belief/calibrate/learn.ts";
import type { Decision } from "../../core/belief/policy.ts";
import { opinionCapByDefault } from "../../core/belief/situation/parse-situation.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import { decideSituation } from "../../core/belief/solve/solve-limited.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { editSituationText } from "../../packs/edit-yaml.ts";
import { readSituation, type SituationFile } from "../../packs/read-situation.ts";
import { readLines, writeOutput } from "./calibrate-lines.ts";
import { type Calibration, calibrationDocument, renderCalibration } from "./calibrate-render.ts";
import { type CliContext, readInput } from "./context.ts";
import { printDocument, refuse } from "./report.ts";

/** What `interlock calibrate` was asked. */
export interface CalibrateOptions {
  /** Closed incidents, one JSON object a line; `-` is stdin. */
  readonly incidentsPath: string;
  readonly situationPath: string;
  /** Where the calibrated situation is written; `null` writes nothing. */
  readonly outPath: string | null;
  /** Where the reliability diagram is written. */
  readonly chartPath: string | null;
  readonly json: boolean;
  /** Contexts the situation does not name, to be counted as `unknown`. */
  readonly asUnknown: readonly string[];
  /** Refuses the whole file when any line of it cannot be read. */
  readonly isStrict: boolean;
  readonly learning: Pick<LearningOptions, "opinionWeight" | "cellCountMin" | "mass">;
}

/** Learns a situation's numbers from closed incidents, judges them, and writes the situation back; gives the exit code. */
export async function runCalibrate(context: CliContext, options: CalibrateOptions): Promise<number> {
  const inputs = await readInputs(context, options);
  if (!inputs.ok) return refuse(context, inputs.error, options);
  const { text, file, incidents } = inputs.value;
  const calibration = calibrate(text, file, incidents, options);
  if (!calibration.ok) return refuse(context, calibration.error, options);
  const written = await writeFiles(calibration.value, options);
  if (!written.ok) return refuse(context, [written.error], options);
  if (options.json) printDocument(context, calibrationDocument(calibration.value, written.value));
  else context.out(`${renderCalibration(calibration.value, written.value).join("\n")}\n`);
  return 0;
}

interface Inputs {
  readonly text: string;
  readonly file: SituationFile;
  readonly incidents: IncidentFile;
}

async function readInputs(context: CliContext, options: CalibrateOptions): Promise<Result<Inputs, readonly Problem[]>> {
  const bytes = await readInput(context, options.situationPath);
  if (!bytes.ok) return fail([bytes.error]);
  const file = readSituation(bytes.value);
  if (!file.ok) return file;
  if (file.value.isCard)
    return fail([
      problem(
        "E_SCHEMA_VERSION",
        "",
        "a foreign card is decided as it is and cannot be calibrated",
        "write it as a situation: see `interlock calibrate --elicit`",
      ),
    ]);
  const lines = await readLines(context, options.incidentsPath);
  if (!lines.ok) return fail([lines.error]);
  const incidents = readIncidents(lines.value, file.value.situation, { asUnknown: options.asUnknown });
  const rejected = incidents.rejected.flatMap(({ lineNumber, problems }) =>
    problems.map((one) => ({ ...one, message: `line ${lineNumber}: ${one.message}` })),
  );
  if (rejected.length > 0 && (options.isStrict || incidents.incidents.length === 0)) return fail(rejected);
  if (incidents.incidents.length === 0)
    return fail([problem("E_INCIDENT_INVALID", "", `\`${options.incidentsPath}\` holds no incident`)]);
  return ok({ text: new TextDecoder().decode(bytes.value), file: file.value, incidents });
}

function calibrate(
  text: string,
  file: SituationFile,
  read: IncidentFile,
  options: CalibrateOptions,
): Result<Calibration, readonly Problem[]> {
  const { situation, document } = file;
  const learning = learnSituation(situation, countIncidents(situation, read.incidents), {
    ...learningDefaults,
    ...options.learning,
    opinionCap: opinionCapOf(document),
  });
  const outText = editSituationText(text, editsFor(document, learning));
  // What is decided, scored and shown is what the file written will be read as, floor and defaults included.
  const after = readSituation(new TextEncoder().encode(outText));
  if (!after.ok) return after;
  const before = decideSituation(situation);
  if (!before.ok) return before;
  const decided = decideSituation(after.value.situation);
  if (!decided.ok) return decided;
  return ok({
    read,
    learning,
    outText,
    before: before.value,
    after: decided.value,
    scores: scoresOf(situation, learning, read.incidents),
    credible: credibleFigures(learning, planOf(decided.value)),
    withoutOpinion: withoutOpinionOf(after.value.withoutOpinion),
  });
}

function scoresOf(
  situation: Situation,
  learning: Learning,
  incidents: readonly ClosedIncident[],
): Calibration["scores"] {
  return { declared: scoreDeclared(situation, incidents), learnt: scoreLearnt(learning, incidents) };
}

/** The plan chosen, or the most careful one when nothing keeps the limit. */
function planOf(decision: Decision) {
  return decision.kind === "decided" ? decision.chosen.policy : decision.minimumRisk.policy;
}

function withoutOpinionOf(situation: Situation | null): Decision | null {
  const decided = situation === null ? null : decideSituation(situation);
  return decided?.ok === true ? decided.value : null;
}

function opinionCapOf(document: JsonValue): number {
  const cap = isJsonObject(document) ? document["opinionCap"] : undefined;
  return typeof cap === "number" ? cap : opinionCapByDefault;
}

async function writeFiles(
  calibration: Calibration,
  options: CalibrateOptions,
): Promise<Result<readonly string[], Problem>> {
  const written: string[] = [];
  const files: readonly (readonly [string | null, () => string])[] = [
    [options.outPath, () => calibration.outText],
    [
      options.chartPath,
      () =>
        reliabilitySvg(
          calibration.scores.learnt?.reliability ?? [],
          `${calibration.after.situation.id}: ${calibration.read.incidents.length} incidents`,
        ),
    ],
  ];
  for (const [path, textOf] of files) {
    if (path === null) continue;
    const done = await writeOutput(path, textOf());
    if (!done.ok) return done;
    written.push(path);
  }
  return ok(written);
}
