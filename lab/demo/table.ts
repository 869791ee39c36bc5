import type { DemoOptions } from "./options.ts";

/** The parts of the closing report of `interlock respond --json` (`interlock.response/2`) that are shown here. */
export interface Response {
  readonly belief: readonly { readonly context: string; readonly before: number; readonly after: number }[];
  readonly observations: readonly { readonly step: string; readonly outcome: string }[];
  readonly proposed:
    | { readonly kind: "scored"; readonly response: string; readonly value: number; readonly risk: number }
    | { readonly kind: "unscored"; readonly reason: string }
    | null;
  readonly chosen: { readonly response: string; readonly value: number; readonly risk: number } | null;
  readonly averagePlan: { readonly response: string; readonly value: number; readonly risk: number };
  readonly outcome: string;
  readonly world: string;
  readonly reason: string;
  readonly approvedBy: string | null;
  readonly planHash: string | null;
  readonly durationMs: number;
}

/** The parts of the lab's own judgement of an episode (`lab score --json`) that are shown here. */
export interface LabScore {
  readonly restored: boolean;
  readonly timeToRestoreMs: number | null;
  readonly harm: {
    readonly badAnswerCount: number;
    readonly duplicateRowCount: number;
    readonly billingErrorCount: number;
  };
  readonly damage: {
    readonly badAnswerCount: number;
    readonly duplicateRowCount: number;
    readonly billingErrorCount: number;
  };
  readonly catastrophes: readonly string[];
}

/** The results of a demonstration. */
export interface DemoReport {
  readonly options: DemoOptions;
  readonly response: Response;
  readonly truth: LabScore;
  readonly compared: LabScore | null;
  readonly log: { readonly verified: boolean; readonly length: number; readonly head: string };
  readonly seconds: number;
}

/** Who proposed, who decided and why, who executed, and what came of it. */
export function renderTable(report: DemoReport): string {
  const { options, response, truth, compared, log } = report;
  const likeliest = [...response.belief].sort((left, right) => right.after - left.after)[0];
  const proposed =
    response.proposed?.kind === "scored" ? worthOf(response.proposed) : (response.proposed?.reason ?? "nothing");
  const unattended = options.approve ? "" : "   (unattended: a lab's domain accepts it)";
  const rows: readonly (readonly [string, string])[] = [
    ["hidden", `${options.fault.toUpperCase()}, seed ${options.seed}`],
    ["proposed", `${proposed}   (the average plan, written by hand)`],
    ["seen", response.observations.map(({ step, outcome }) => `${step} ${outcome}`).join(", ") || "nothing"],
    ["believed", response.belief.map(({ context, after }) => `${context} ${percent(after)}`).join("  ")],
    [
      "decided",
      response.chosen === null
        ? "nothing keeps the limit"
        : `${worthOf(response.chosen)}   by arithmetic over declared numbers`,
    ],
    [
      "approved",
      response.approvedBy === null
        ? "nobody was asked to"
        : `${response.approvedBy}${unattended}, plan ${response.planHash?.slice(7, 19) ?? ""}`,
    ],
    ["executed", "the deterministic kernel, through the http connector"],
    ["outcome", `${response.outcome} after ${(response.durationMs / 1_000).toFixed(0)} s: ${response.reason}`],
    ["the lab says", judgement(truth)],
    [
      "average plan",
      compared === null
        ? `would have been ${worthOf(response.averagePlan)} under ${likeliest?.context ?? ""}`
        : `really carried out: ${judgement(compared)}`,
    ],
    ["log", `${log.verified ? "verifies" : "DOES NOT VERIFY"}: ${log.length} records, head ${log.head.slice(7, 19)}`],
    ["in all", `${report.seconds} s`],
  ];
  return rows.map(([name, text]) => `  ${name.padEnd(13)} ${text}`).join("\n");
}

function worthOf(one: { readonly response: string; readonly value: number; readonly risk: number }): string {
  return `${one.response}: worth ${one.value.toFixed(1)}, P(catastrophe) ${percent(one.risk)}`;
}

function judgement(score: LabScore): string {
  const { badAnswerCount, duplicateRowCount, billingErrorCount } = score.damage;
  const catastrophes =
    score.catastrophes.length === 0
      ? "no catastrophe"
      : `CATASTROPHE: ${score.catastrophes.join(", ").replaceAll("_", " ")}`;
  const rows = `${duplicateRowCount} rows applied twice, ${billingErrorCount} billing errors`;
  return `${score.restored ? "restored" : "not restored"}, ${badAnswerCount} bad answers, ${rows}, ${catastrophes}`;
}

function percent(probability: number): string {
  const text = 100 * probability;
  return text > 0 && text < 0.05 ? "< 0.1 %" : `${text.toFixed(1)} %`;
}
