import { type FaultName, MAIN_FAULTS } from "../src/contract/faults.ts";
import type { Damage } from "../src/contract/score.ts";

/** One episode of the real lab, and how it was judged. */
export interface Cell {
  readonly policy: string;
  readonly fault: FaultName;
  readonly seed: number;
  readonly outcome: string;
  readonly response: string;
  /** The probability of catastrophe that the decision accepted. */
  readonly risk: number;
  readonly reason: string;
  readonly restored: boolean;
  /** Handed to a person before anything was written. */
  readonly escalated: boolean;
  /** Something was written, and the incident did not close as restored. Known of our own episodes alone. */
  readonly wroteInVain: boolean;
  readonly rightlyEscalated: boolean;
  readonly catastrophes: readonly string[];
  readonly damage: Damage;
  readonly harm: Damage;
  readonly timeToRestoreMs: number | null;
  readonly logVerifies: boolean;
  /** Rows applied twice while success was being shown. */
  readonly rowsWhileRestored: number;
  readonly isValid: boolean;
}

/** The results of one policy over all its episodes. */
export interface PolicySummary {
  readonly policy: string;
  readonly episodeCount: number;
  readonly restoredRate: number;
  readonly catastropheRate: number;
  readonly escalatedRate: number;
  readonly wroteInVainRate: number;
  readonly badAnswerCountMean: number;
  readonly duplicateRowCountMean: number;
}

/** The figures of the table, and whether its claims hold. */
export interface RespondSummary {
  readonly policies: readonly PolicySummary[];
  readonly claims: readonly { readonly claim: string; readonly holds: boolean }[];
}

/** The declared limit of the pack's situation. */
const riskLimit = 0.02;

/** Rates for each policy, and the claims that these cells can confirm. */
export function summariseCells(cells: readonly Cell[]): RespondSummary {
  const names = [...new Set(cells.map(({ policy }) => policy))];
  const policies = names.map((policy) =>
    summarise(
      policy,
      cells.filter((cell) => cell.policy === policy && MAIN_FAULTS.some((fault) => fault === cell.fault)),
    ),
  );
  return { policies: policies.filter(({ episodeCount }) => episodeCount > 0), claims: claimsOf(cells, policies) };
}

function summarise(policy: string, cells: readonly Cell[]): PolicySummary {
  const mean = (pick: (cell: Cell) => number): number =>
    cells.length === 0 ? 0 : cells.reduce((sum, cell) => sum + pick(cell), 0) / cells.length;
  return {
    policy,
    episodeCount: cells.length,
    restoredRate: mean(({ restored }) => Number(restored)),
    catastropheRate: mean(({ catastrophes }) => Number(catastrophes.length > 0)),
    escalatedRate: mean(({ escalated }) => Number(escalated)),
    wroteInVainRate: mean(({ wroteInVain }) => Number(wroteInVain)),
    badAnswerCountMean: mean(({ damage }) => damage.badAnswerCount),
    duplicateRowCountMean: mean(({ damage }) => damage.duplicateRowCount),
  };
}

function claimsOf(cells: readonly Cell[], policies: readonly PolicySummary[]): RespondSummary["claims"] {
  const ours = cells.filter(({ policy }) => policy === "interlock");
  if (ours.length === 0) return [];
  const perFault = MAIN_FAULTS.filter((fault) => ours.some((cell) => cell.fault === fault)).map((fault) => {
    const own = ours.filter((cell) => cell.fault === fault);
    const count = own.filter(({ restored, outcome }) => restored && outcome === "restored").length;
    return {
      claim: `${fault}: at least two of three restored (${count} of ${own.length})`,
      holds: count >= (2 * own.length) / 3,
    };
  });
  const own = policies.find(({ policy }) => policy === "interlock");
  const beside = policies
    .filter(({ policy, episodeCount }) => policy !== "interlock" && episodeCount > 0)
    .map((other) => ({
      claim: `${other.policy} restores less often or is catastrophic more often`,
      holds:
        own !== undefined && (other.restoredRate < own.restoredRate || other.catastropheRate > own.catastropheRate),
    }));
  const outside = ours.filter(({ fault }) => !MAIN_FAULTS.some((known) => known === fault));
  return [
    ...perFault,
    { claim: "no response was chosen beyond the limit", holds: ours.every(({ risk }) => risk <= riskLimit) },
    {
      claim: "never restored while rows were still applied twice",
      holds: ours.every(({ rowsWhileRestored }) => rowsWhileRestored === 0),
    },
    { claim: "every log verifies", holds: ours.every(({ logVerifies }) => logVerifies) },
    ...(outside.length === 0
      ? []
      : [
          {
            claim: "outside the four faults: escalated, or without a catastrophe",
            holds: outside.every(({ escalated, catastrophes }) => escalated || catastrophes.length === 0),
          },
          {
            claim: "outside the four faults: nothing was written in vain",
            holds: outside.every(({ wroteInVain }) => !wroteInVain),
          },
        ]),
    ...beside,
  ];
}

/** The table as Markdown. */
export function renderRespondTable(summary: RespondSummary, cells: readonly Cell[], missingCount: number): string {
  const percent = (rate: number): string => `${(100 * rate).toFixed(0)} %`;
  const row = (values: readonly (string | number)[]): string => `| ${values.join(" | ")} |`;
  const policies = summary.policies.map((one) =>
    row([
      one.policy,
      one.episodeCount,
      percent(one.restoredRate),
      percent(one.catastropheRate),
      percent(one.escalatedRate),
      percent(one.wroteInVainRate),
      one.badAnswerCountMean.toFixed(0),
      one.duplicateRowCountMean.toFixed(1),
    ]),
  );
  const rows = cells.map((cell) =>
    row([
      cell.fault,
      cell.seed,
      cell.policy,
      cell.response,
      `${cell.outcome}${cell.rightlyEscalated ? " (rightly)" : ""}`,
      cell.restored ? "yes" : "no",
      cell.catastrophes.join(", ").replaceAll("_", " ") || "none",
      cell.damage.badAnswerCount,
      cell.damage.duplicateRowCount,
    ]),
  );
  const missing = missingCount > 0 ? `, ${missingCount} missing` : "";
  const madeBy = `Made by \`npm run respond:table\`: ${cells.length} episodes of real processes${missing}.`;
  return [
    "# Answers on the real lab",
    "",
    `${madeBy} Rates are over the four faults.`,
    "",
    "| policy | episodes | restored | catastrophes | escalated | in vain | bad answers, mean | rows twice, mean |",
    "|---|---:|---:|---:|---:|---:|---:|---:|",
    ...policies,
    "",
    ...summary.claims.map(({ claim, holds }) => `- ${holds ? "holds" : "**DOES NOT HOLD**"}: ${claim}`),
    "",
    "| fault | seed | policy | response | outcome | restored | catastrophes | bad answers | rows twice |",
    "|---|---:|---|---|---|---|---|---:|---:|",
    ...rows,
    "",
  ].join("\n");
}
