import { columns, percentText } from "../figures.ts";
import type { ReliabilityRow } from "../statistics/scores.ts";

const barWidth = 24;

/** The reliability table for a terminal: how many of the claims of about one probability came true. */
export function drawReliability(table: readonly ReliabilityRow[]): readonly string[] {
  const rows = table
    .filter((row) => row.count > 0)
    .map((row) => [
      `${percentText(row.low)}–${percentText(row.high)}`,
      String(row.count),
      percentText(row.claimed),
      percentText(row.observed),
      barOf(row),
    ]);
  return columns(
    [["claimed", "claims", "mean", "came true", "│ claimed, ● observed"], ...rows],
    ["right", "right", "right", "right", "left"],
  );
}

function barOf({ claimed, observed }: ReliabilityRow): string {
  const at = (share: number): number => Math.min(barWidth - 1, Math.round(share * (barWidth - 1)));
  return Array.from({ length: barWidth }, (_, index) =>
    index === at(observed) ? "●" : index === at(claimed) ? "│" : "·",
  ).join("");
}

const side = 360;
const margin = 48;
const middle = side / 2;
const svgSize = `viewBox="0 0 ${side} ${side}" width="${side}" height="${side}"`;
const svgStyle = 'role="img" font-family="sans-serif" font-size="11" fill="#555"';

/**
 * The reliability diagram as a stand-alone SVG. Perfect forecasts lie on the diagonal, and a larger point stands for
 * more claims. The picture holds no script, no style sheet and no reference to anything outside.
 */
export function reliabilitySvg(table: readonly ReliabilityRow[], title: string): string {
  const total = table.reduce((sum, row) => sum + row.count, 0);
  const x = (share: number): string => (margin + share * (side - 2 * margin)).toFixed(1);
  const y = (share: number): string => (side - margin - share * (side - 2 * margin)).toFixed(1);
  const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    `<line x1="${x(share)}" y1="${y(0)}" x2="${x(share)}" y2="${y(1)}" stroke="#8888" stroke-width="0.5"/>`,
    `<line x1="${x(0)}" y1="${y(share)}" x2="${x(1)}" y2="${y(share)}" stroke="#8888" stroke-width="0.5"/>`,
    `<text x="${x(share)}" y="${side - margin + 16}" text-anchor="middle">${share}</text>`,
    `<text x="${margin - 8}" y="${y(share)}" text-anchor="end" dominant-baseline="middle">${share}</text>`,
  ]);
  const points = table
    .filter((row) => row.count > 0)
    .map((row) => {
      const radius = (3 + 9 * Math.sqrt(row.count / Math.max(1, total))).toFixed(1);
      const place = `cx="${x(row.claimed)}" cy="${y(row.observed)}" r="${radius}"`;
      const title = `<title>${row.trueCount} of ${row.count} claims came true</title>`;
      return `<circle ${place} fill="#2a6fbb" fill-opacity="0.7">${title}</circle>`;
    });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${svgSize} ${svgStyle}>`,
    `<title>${xmlText(title)}</title>`,
    ...ticks,
    `<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" stroke="#888" stroke-dasharray="4 3"/>`,
    ...points,
    `<text x="${middle}" y="20" text-anchor="middle" font-size="13">${xmlText(title)}</text>`,
    `<text x="${middle}" y="${side - 10}" text-anchor="middle">claimed probability</text>`,
    `<text x="14" y="${middle}" text-anchor="middle" transform="rotate(-90 14 ${middle})">observed frequency</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function xmlText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "\u{fffd}")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
