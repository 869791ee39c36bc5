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
import {
  type Calibration,
  type CalibrationDocument,
  calibrationDocument,
  renderCalibration,
} from "./render-calibration.ts";

/** What to learn, and from what. */
export interface CalibrateRequest {
  /** The bytes of the situation's file. */
  readonly situation: Uint8Array;
  /** Closed incidents, one JSON object a line. */
  readonly incidents: readonly string[];
  /** Contexts that the situation does not name, to be counted as `unknown`. */
  readonly asUnknown: readonly string[];
  /** Refuse everything if any line cannot be read. */
  readonly isStrict: boolean;
  /**
   * `opinionWeight`: how many incidents a declared row counts for. `cellCountMin`: the fewest incidents from which a
   * cell is learnt. `mass`: that of the credible set.
   */
  readonly learning: Pick<LearningOptions, "opinionWeight" | "cellCountMin" | "mass">;
}

/** What was learnt: the situation with its new numbers, its reliability diagram, and the effect on the decision. */
export interface Calibrated {
  /** The situation's file with the new numbers. Everything else in it is unchanged. */
  readonly situationText: string;
  /** The reliability diagram (SVG). */
  readonly chart: string;
  readonly document: CalibrationDocument;
  /** The result for people, line by line. */
  readonly lines: readonly string[];
}

/** Learns a situation's numbers from closed incidents and scores its forecasts. Writes nothing. */
export async function calibrate(request: CalibrateRequest): Promise<Result<Calibrated, readonly Problem[]>> {
  const file = readSituation(request.situation);
  if (!file.ok) return file;
  if (file.value.isCard)
    return fail([
      problem(
        "E_SCHEMA_VERSION",
        "",
        "a decision card of another tool is decided as it is and cannot be calibrated",
        "write it as a situation, or have a person asked for one",
      ),
    ]);
  const incidents = readIncidents(request.incidents, file.value.situation, { asUnknown: request.asUnknown });
  const rejected = incidents.rejected.flatMap(({ lineNumber, problems }) =>
    problems.map((one) => ({ ...one, message: `line ${lineNumber}: ${one.message}` })),
  );
  if (rejected.length > 0 && (request.isStrict || incidents.incidents.length === 0)) return fail(rejected);
  if (incidents.incidents.length === 0)
    return fail([problem("E_INCIDENT_INVALID", "/incidents", "there is no incident to learn from")]);
  const text = new TextDecoder().decode(request.situation);
  const calibration = learn(text, file.value, incidents, request);
  if (!calibration.ok) return calibration;
  const { outText, scores, after, read } = calibration.value;
  const title = `${after.situation.id}: ${read.incidents.length} incidents`;
  return ok({
    situationText: outText,
    chart: reliabilitySvg(scores.learnt?.reliability ?? [], title),
    document: calibrationDocument(calibration.value),
    lines: renderCalibration(calibration.value),
  });
}

function learn(
  text: string,
  file: SituationFile,
  read: IncidentFile,
  options: CalibrateRequest,
): Result<Calibration, readonly Problem[]> {
  const { situation, document } = file;
  const learning = learnSituation(situation, countIncidents(situation, read.incidents), {
    ...learningDefaults,
    ...options.learning,
    opinionCap: opinionCapOf(document),
  });
  const outText = editSituationText(text, editsFor(document, learning));
  // Decide, score and show what the written file will be read as, with floor and defaults.
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

/** The chosen policy, or the most careful one if nothing keeps the limit. */
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
