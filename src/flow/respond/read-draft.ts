import type { Code, Problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { Result } from "../../core/value/result.ts";
import { oneOf, type Parser, parseWith, refuseKind } from "../../core/value/shape.ts";
import { documentOfType, objectOf, optional, taggedBy } from "../../core/value/shape-object.ts";
import { anyList, anyNumber, anyText, digestText, nullOr, someList } from "../../core/value/shape-stored.ts";
import { firstReportFormat, type ResponseReport, reportFormat } from "./report.ts";
import type { ScoredProposal } from "./score-proposal.ts";
import type { Testimony } from "./testimony.ts";

/**
 * A report as a response writes it before its run begins, for a process that has to close the incident in its place. It
 * hands nothing over yet, and that is the only difference between the two versions.
 */
export interface ReportDraft extends Omit<ResponseReport, "format" | "handover"> {
  readonly format: typeof firstReportFormat | typeof reportFormat;
  readonly handover: null;
}

type Scored<Kind extends ScoredProposal["kind"]> = Extract<ScoredProposal, { readonly kind: Kind }>;

const worth = objectOf<ResponseReport["averagePlan"]>({ response: anyText(), value: anyNumber(), risk: anyNumber() });

const draft = documentOfType<ReportDraft>([firstReportFormat, reportFormat], {
  incidentId: anyText(),
  alert: objectOf<ReportDraft["alert"]>({ key: anyText(), name: anyText(), summary: anyText() }),
  situation: objectOf<ReportDraft["situation"]>({ id: anyText(), digest: digestText() }),
  belief: anyList(
    objectOf<ReportDraft["belief"][number]>({ context: anyText(), before: anyNumber(), after: anyNumber() }),
  ),
  observations: anyList(objectOf<ReportDraft["observations"][number]>({ step: anyText(), outcome: anyText() })),
  proposed: nullOr(
    taggedBy("kind", {
      scored: objectOf<Scored<"scored">>({
        kind: oneOf(["scored"]),
        response: anyText(),
        value: anyNumber(),
        risk: anyNumber(),
      }),
      unscored: objectOf<Scored<"unscored">>({ kind: oneOf(["unscored"]), reason: anyText() }),
    } satisfies { readonly [Kind in ScoredProposal["kind"]]: Parser<Scored<Kind>> }),
  ),
  chosen: nullOr(worth),
  averagePlan: worth,
  outcome: oneOf([
    "restored",
    "nothing_to_do",
    "disputed",
    "restored_in_part",
    "escalated",
    "compensated",
    "stopped",
    "waiting",
    "observed",
    "not_approved",
    "cancelled",
    "abandoned",
  ]),
  world: oneOf(["as_wanted", "untouched", "restored", "dirty", "unknown", "listed", "as_told"]),
  reason: anyText(),
  // A code of any release: it is only shown.
  code: (value, at) => (value === null ? null : (anyText()(value, at) as Code | undefined)),
  runIds: anyList(anyText()),
  planHash: nullOr(digestText()),
  riskTable: nullOr(digestText()),
  approvedBy: nullOr(anyText()),
  wrote: anyList(anyText()),
  waitingFor: anyList(
    objectOf<ReportDraft["waitingFor"][number]>({
      stepId: nullOr(anyText()),
      owner: nullOr(anyText()),
      reason: anyText(),
    }),
  ),
  handover: (value, at) => (value === null ? null : refuseKind(at, "null", value)),
  durationMs: anyNumber(),
  testimony: optional(
    someList(
      objectOf<Testimony>({
        by: oneOf(["objective", "witness"]),
        about: anyText(),
        says: oneOf(["holds", "broken", "unknown"]),
        why: anyText(),
      }),
    ),
  ),
});

/** Reads a draft, or reports everything that is wrong with it, and where. */
export function readDraft(document: JsonValue): Result<ReportDraft, readonly Problem[]> {
  return parseWith(draft, document);
}
