/**
 * `node examples/situations/draw-decision.ts`: draws the picture in the README from the output of the command.
 * `test/docs.test.ts` draws it again and compares.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const COMMAND = ["decide", "examples/situations/latency-spike.yaml"];
const CHAR = 7.83;
const LINE = 18;
const MARGIN = 18;

/**
 * Colours with a contrast of at least 4.5:1 for text, on white and on GitHub's dark grey. Bars are read by their
 * length.
 */
const STYLE = [
  `
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
.frame{fill:#f6f8fa;stroke:#d1d9e0}.bar{fill:#0550ae}.track{fill:#d1d9e0}`,
  `.faint{fill:#59636e}.chosen{fill:#116329;font-weight:600}.forbidden{fill:#b3261e}
@media (prefers-color-scheme:dark){
text{fill:#f0f6fc}.frame{fill:#151b23;stroke:#3d444d}.bar{fill:#79c0ff}.track{fill:#3d444d}`,
  ".faint{fill:#9198a1}.chosen{fill:#56d364}.forbidden{fill:#ff7b72}}",
].join("");

/** The picture in one sentence, for people who cannot see it. */
const DESCRIPTION =
  "What interlock decide prints: the belief over five contexts, the first move chosen, " +
  "every alternative with its worth and risk, and the policy.";

/** The picture, as SVG text. */
export function drawDecision(): string {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const ran = spawnSync(process.execPath, ["bin/interlock.js", "--color", "never", ...COMMAND], {
    cwd: root,
    encoding: "utf8",
  });
  if (ran.status !== 0) throw new Error(`the command exits ${ran.status}: ${ran.stderr}`);
  const printed = ran.stdout.split("\n");
  // Up to the policy. The figures that follow are for a closer look.
  const lines = [
    `$ interlock ${COMMAND.join(" ")}`,
    ...printed.slice(
      0,
      printed.findIndex((line) => line.startsWith("? probe")),
    ),
  ];
  const widthChars = Math.max(...lines.map((line) => [...line].length));
  const width = Math.ceil(widthChars * CHAR + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">
<title id="t">A decision under uncertainty</title><desc id="d">${DESCRIPTION}</desc><style>${STYLE}</style>
<rect class="frame" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>
${lines
  .map((line, index) => drawLine(line, MARGIN + LINE * (index + 0.75)))
  .filter((drawn) => drawn !== "")
  .join("\n")}
</svg>
`;
}

function drawLine(line: string, y: number): string {
  const bar = /[█░]+/u.exec(line);
  if (bar !== null) return drawBar(line, { from: bar.index, cells: bar[0] }, y);
  return line === "" ? "" : drawText(line, { x: MARGIN, y, tone: toneOf(line) });
}

// Block characters leave gaps in some fonts, so a bar is drawn as a shape.
function drawBar(line: string, bar: { readonly from: number; readonly cells: string }, y: number): string {
  const x = MARGIN + bar.from * CHAR;
  const filled = bar.cells.replaceAll("░", "").length * CHAR;
  const rect = (tone: string, width: number): string =>
    `<rect class="${tone}" x="${x.toFixed(1)}" y="${y - 10}" width="${width.toFixed(1)}" height="10"/>`;
  const end = bar.from + bar.cells.length;
  return [
    drawText(line.slice(0, bar.from).trimEnd(), { x: MARGIN, y, tone: "" }),
    rect("track", bar.cells.length * CHAR),
    rect("bar", filled),
    drawText(line.slice(end), { x: MARGIN + end * CHAR, y, tone: "" }),
  ].join("");
}

function toneOf(line: string): string {
  if (line.startsWith("▶")) return "chosen";
  if (line.startsWith("$") || /^ +begin with/.test(line)) return "faint";
  return line.includes("forbidden: every plan") ? "forbidden" : "";
}

function drawText(text: string, at: { readonly x: number; readonly y: number; readonly tone: string }): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  // Fonts differ in width. A given length keeps the columns in place.
  const tone = at.tone === "" ? "" : ` class="${at.tone}"`;
  const place = `x="${at.x.toFixed(1)}" y="${at.y}" textLength="${([...text].length * CHAR).toFixed(1)}"`;
  return `<text${tone} xml:space="preserve" ${place}>${escaped}</text>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL("../../docs/images/decision.svg", import.meta.url), drawDecision());
