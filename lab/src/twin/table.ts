/** The table fault × response: what the scores of either tier say of each cell. Pure. */
import { FAULT_NAMES } from "../contract/faults.ts";
import type { CatastropheKind, Score } from "../contract/score.ts";
import { RESPONSE_NAMES } from "./responses.ts";

/** Format name of a table. */
export const TABLE_FORMAT = "interlock-lab.table/1";

/** Means over the episodes of one fault and response. Shares and rates are in [0, 1], counts a mean an episode. */
export interface Cell {
  readonly fault: string;
  readonly response: string;
  readonly episodeCount: number;
  readonly restoredRate: number;
  readonly goodShareBefore: number;
  readonly goodShareAfter: number;
  /** Mean over the episodes that were restored; null when none was. */
  readonly timeToRestoreMs: number | null;
  readonly duplicateRowCount: number;
  /** Rows corrupted beyond those of the wait twin. */
  readonly duplicateRowHarm: number;
  readonly badAnswerHarm: number;
  readonly billingErrorShareAfter: number;
  readonly needlessRestartCount: number;
  readonly wrongSessionCount: number;
  readonly catastropheRate: number;
  readonly catastropheRates: Readonly<Record<CatastropheKind, number>>;
  readonly utility: number;
}

/** A table of one tier. */
export interface Table {
  readonly format: typeof TABLE_FORMAT;
  readonly tier: Score["tier"];
  readonly episodeCount: number;
  /** Cells in the order of the faults, and within one of the responses. */
  readonly cells: readonly Cell[];
}

/**
 * Sums scores up by cell; invalid episodes (the generator lagged) are left out. Responses are told by what was decided.
 */
export function buildTable(scores: readonly Score[], tier: Score["tier"]): Table {
  const valid = scores.filter((score) => score.isValid && score.tier === tier);
  const groups = new Map<string, Score[]>();
  for (const score of valid) {
    const key = `${score.fault} ${score.response}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [score]);
    else group.push(score);
  }
  const cells = FAULT_NAMES.flatMap((fault) =>
    RESPONSE_NAMES.flatMap((response) => {
      const group = groups.get(`${fault} ${response}`);
      return group === undefined ? [] : [cellOf(group, { fault, response })];
    }),
  );
  return { format: TABLE_FORMAT, tier, episodeCount: valid.length, cells };
}

/** Reads a table from JSON text; throws on anything else. */
export function parseTable(text: string): Table {
  const value: unknown = JSON.parse(text);
  if (!isTable(value)) throw new TypeError(`this is no table: its \`format\` must be \`${TABLE_FORMAT}\``);
  return value;
}

/** Our own files only: the format's name stands for its shape. */
function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && "format" in value && value.format === TABLE_FORMAT;
}

function cellOf(scores: readonly Score[], names: { readonly fault: string; readonly response: string }): Cell {
  const mean = (pick: (score: Score) => number): number =>
    scores.reduce((sum, score) => sum + pick(score), 0) / scores.length;
  const rate = (holds: (score: Score) => boolean): number => mean((score) => Number(holds(score)));
  const times = scores.flatMap((score) => score.timeToRestoreMs ?? []);
  return {
    ...names,
    episodeCount: scores.length,
    restoredRate: rate((score) => score.restored),
    goodShareBefore: mean((score) => score.goodShareBefore),
    goodShareAfter: mean((score) => score.goodShareAfter),
    timeToRestoreMs: times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0) / times.length,
    duplicateRowCount: mean((score) => score.damage.duplicateRowCount),
    duplicateRowHarm: mean((score) => score.harm.duplicateRowCount),
    badAnswerHarm: mean((score) => score.harm.badAnswerCount),
    billingErrorShareAfter: mean((score) => score.billingErrorShareAfter),
    needlessRestartCount: mean((score) => score.needlessRestartCount),
    wrongSessionCount: mean((score) => score.wrongSessionCount),
    catastropheRate: rate((score) => score.catastrophes.length > 0),
    catastropheRates: {
      rows_corrupted: rate((score) => score.catastrophes.includes("rows_corrupted")),
      billing_down: rate((score) => score.catastrophes.includes("billing_down")),
      outage: rate((score) => score.catastrophes.includes("outage")),
    },
    utility: mean((score) => score.utility),
  };
}

/** The table as Markdown, for a page or a terminal. */
export function renderTable(table: Table): string {
  const header =
    "| fault | response | restored | good before | good after | rows corrupted | against waiting " +
    "| billing errors | catastrophe | utility |";
  const rule = "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|";
  const rows = table.cells.map(
    (cell) =>
      `| ${[
        cell.fault,
        cell.response,
        cell.restoredRate.toFixed(2),
        cell.goodShareBefore.toFixed(2),
        cell.goodShareAfter.toFixed(2),
        cell.duplicateRowCount.toFixed(0),
        signed(cell.duplicateRowHarm),
        cell.billingErrorShareAfter.toFixed(2),
        cell.catastropheRate.toFixed(2),
        cell.utility.toFixed(1),
      ].join(" | ")} |`,
  );
  return [header, rule, ...rows].join("\n");
}

function signed(value: number): string {
  const text = value.toFixed(0);
  return value > 0.5 ? `+${text}` : text;
}
