/**
 * An episode as an SVG picture, from the JSON of either tier: five panels over time, the fault, the alert and the
 * action marked, and as a dashed line what would have happened had nothing been done. Pure; colours follow the reader's
 * scheme.
 */

import type { Episode } from "../contract/episode.ts";
import { FAULT_SUMMARIES } from "../contract/faults.ts";
import type { Window } from "../contract/window.ts";
import { PANELS, type Panel, roundUp } from "./panels.ts";

const WIDTH = 760;
const LEFT = 132;
const RIGHT = 16;
const TOP = 64;
const PANEL_HEIGHT = 62;
const PANEL_GAP = 18;
const BOTTOM = 44;
const HEIGHT = TOP + PANELS.length * (PANEL_HEIGHT + PANEL_GAP) + BOTTOM;

/** The colours of axes and lines on dark grey. */
const DARK_LINES = ".axis{stroke:#3d444d}.level{stroke:#9198a1}.line{stroke:#79c0ff}.wait{stroke:#9198a1}";

/** Colours with at least 4.5:1 contrast for text on white and on GitHub's dark grey. */
const STYLE = `
text{font:12px system-ui,sans-serif;fill:#1f2328}
.title{font-weight:600;font-size:15px}
.faint{fill:#59636e}
.axis{stroke:#d1d9e0;stroke-width:1;fill:none}
.level{stroke:#59636e;stroke-width:1;stroke-dasharray:1 3;fill:none}
.line{stroke:#0550ae;stroke-width:2;fill:none;stroke-linejoin:round}
.wait{stroke:#59636e;stroke-width:1.3;stroke-dasharray:5 4;fill:none;stroke-linejoin:round}
.fault{stroke:#b3261e;stroke-width:1.5}.fault-text{fill:#b3261e}
.alert{stroke:#8a5300;stroke-width:1.5}.alert-text{fill:#8a5300}
.act{stroke:#116329;stroke-width:1.5}.act-text{fill:#116329}.act-span{fill:#116329;opacity:.12}
@media (prefers-color-scheme:dark){
text{fill:#f0f6fc}.faint{fill:#9198a1}${DARK_LINES}
.fault{stroke:#ff7b72}.fault-text{fill:#ff7b72}.alert{stroke:#e3b341}.alert-text{fill:#e3b341}
.act{stroke:#56d364}.act-text{fill:#56d364}.act-span{fill:#56d364}}`;

/** Draws an episode; `waitTwin` (same tier, fault and seed, nothing done) is drawn behind it when given. */
export function drawEpisode(episode: Episode, waitTwin?: Episode): string {
  const scale = timeScale(episode);
  const others = episode.actions.length === 0 ? undefined : waitTwin; // Without an act the two are the same.
  const tier = episode.tier === "twin" ? "simulated" : "real processes";
  const title = `${episode.fault}, answered with ${episode.decision.response}`;
  const panels = PANELS.map((panel, index) =>
    drawPanel({
      panel,
      top: TOP + index * (PANEL_HEIGHT + PANEL_GAP),
      scale,
      windows: episode.windows,
      waitWindows: others === undefined ? [] : shiftToFault(others, episode.faultAtMs),
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="t d">
<title id="t">${title}</title><desc id="d">${escapeText(describe(episode))}</desc><style>${STYLE}</style>
<text class="title" x="16" y="22">${title}</text>
<text class="faint" x="16" y="40">${escapeText(FAULT_SUMMARIES[episode.fault])}; seed ${episode.seed}, ${tier}</text>
${drawMarks(episode, scale)}
${panels.join("\n")}
${drawTimeAxis(scale)}
${drawLegend(others !== undefined)}
</svg>
`;
}

interface TimeScale {
  readonly faultAtMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly x: (atMs: number) => number;
}

function timeScale(episode: Episode): TimeScale {
  const fromMs = episode.windows[0]?.startMs ?? 0;
  const untilMs = episode.windows.at(-1)?.endMs ?? 1;
  const x = (atMs: number): number => LEFT + ((atMs - fromMs) / (untilMs - fromMs)) * (WIDTH - LEFT - RIGHT);
  return { faultAtMs: episode.faultAtMs, fromMs, untilMs, x };
}

/** The two episodes' clocks need not agree; their faults do. */
function shiftToFault(episode: Episode, faultAtMs: number): Window[] {
  const shiftMs = faultAtMs - episode.faultAtMs;
  return episode.windows.map((window) => ({
    ...window,
    startMs: window.startMs + shiftMs,
    endMs: window.endMs + shiftMs,
  }));
}

function drawPanel(of: {
  readonly panel: Panel;
  readonly top: number;
  readonly scale: TimeScale;
  readonly windows: readonly Window[];
  readonly waitWindows: readonly Window[];
}): string {
  const { panel, top, scale } = of;
  const values = [...of.windows, ...of.waitWindows].map((window) => panel.read(window) ?? 0);
  const axisMax = roundUp(Math.max(panel.axisMaxLeast, ...values));
  const y = (value: number): number => top + PANEL_HEIGHT * (1 - value / axisMax);
  const line = (windows: readonly Window[], kind: string): string =>
    linePaths(panel, windows, { x: scale.x, y, untilMs: scale.untilMs })
      .map((path) => `<path class="${kind}" d="${path}"/>`)
      .join("");
  const bottom = top + PANEL_HEIGHT;
  const middle = top + PANEL_HEIGHT / 2;
  const tick = (atY: number, value: number): string =>
    `<text class="faint" x="${LEFT - 6}" y="${atY}" text-anchor="end">${value}</text>`;
  const axis = `<path class="axis" d="M${LEFT} ${top}V${bottom}H${WIDTH - RIGHT}"/>`;
  return `<g>${axis}${drawLevel(panel, { y, axisMax })}
<text x="16" y="${middle}">${panel.label}</text><text class="faint" x="16" y="${middle + 15}">${panel.unit}</text>
${tick(top + 9, axisMax)}${tick(bottom, 0)}
${line(of.waitWindows, "wait")}${line(of.windows, "line")}</g>`;
}

/** A dotted line with its name, on the side where there is room. */
function drawLevel(
  { level }: Panel,
  axis: { readonly y: (value: number) => number; readonly axisMax: number },
): string {
  if (level === undefined) return "";
  const y = axis.y(level.value);
  const textY = level.value > axis.axisMax / 2 ? y + 13 : y - 4;
  const name = `<text class="faint" x="${WIDTH - RIGHT}" y="${num(textY)}" text-anchor="end">${level.name}</text>`;
  return `<path class="level" d="M${LEFT} ${num(y)}H${WIDTH - RIGHT}"/>${name}`;
}

/** One path a stretch of windows that say something; a point stands in the middle of its window. */
function linePaths(
  panel: Panel,
  windows: readonly Window[],
  to: { readonly x: (atMs: number) => number; readonly y: (value: number) => number; readonly untilMs: number },
): string[] {
  const paths: string[] = [];
  let path = "";
  for (const window of windows) {
    const value = panel.read(window);
    const atMs = (window.startMs + window.endMs) / 2;
    if (value === undefined || atMs > to.untilMs) {
      if (path !== "") paths.push(path);
      path = "";
    } else path += `${path === "" ? "M" : "L"}${num(to.x(atMs))} ${num(to.y(value))}`;
  }
  return path === "" ? paths : [...paths, path];
}

function drawMarks(episode: Episode, scale: TimeScale): string {
  const bottom = TOP + PANELS.length * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP;
  const mark = (atMs: number, kind: string): string =>
    `<path class="${kind}" d="M${num(scale.x(atMs))} ${TOP - 8}V${bottom}"/>`;
  const text = (
    label: string,
    at: { readonly atMs: number; readonly kind: string; readonly isLeft: boolean },
  ): string => {
    const x = num(scale.x(at.atMs) + (at.isLeft ? -4 : 4));
    const anchor = at.isLeft ? ` text-anchor="end"` : "";
    return `<text class="${at.kind}-text" x="${x}" y="${TOP - 10}"${anchor}>${escapeText(label)}</text>`;
  };
  const [action] = episode.actions;
  const parts = [
    mark(episode.faultAtMs, "fault"),
    text("fault", { atMs: episode.faultAtMs, kind: "fault", isLeft: true }),
  ];
  if (action !== undefined) {
    const x = scale.x(action.startedAtMs);
    const size = `width="${num(Math.max(0, scale.x(action.endedAtMs) - x))}" height="${bottom - TOP + 8}"`;
    parts.push(`<rect class="act-span" x="${num(x)}" y="${TOP - 8}" ${size}/>`);
    parts.push(
      mark(action.startedAtMs, "act"),
      text(`alert and act: ${action.detail}`, { atMs: action.startedAtMs, kind: "act", isLeft: false }),
    );
  } else if (episode.alert !== undefined) {
    parts.push(
      mark(episode.alert.firedAtMs, "alert"),
      text(`alert: ${episode.decision.response}`, { atMs: episode.alert.firedAtMs, kind: "alert", isLeft: false }),
    );
  }
  return parts.join("");
}

function drawTimeAxis(scale: TimeScale): string {
  const y = TOP + PANELS.length * (PANEL_HEIGHT + PANEL_GAP) - 2;
  const labels: string[] = [];
  for (let seconds = 0; scale.faultAtMs + seconds * 1_000 <= scale.untilMs; seconds += 10) {
    const x = num(scale.x(scale.faultAtMs + seconds * 1_000));
    labels.push(`<text class="faint" x="${x}" y="${y}" text-anchor="middle">${seconds}</text>`);
  }
  return `${labels.join("")}<text class="faint" x="16" y="${y}">s after the fault</text>`;
}

function drawLegend(hasWaitTwin: boolean): string {
  const y = HEIGHT - 14;
  const own = `<path class="line" d="M${LEFT} ${y - 4}h28"/><text x="${LEFT + 36}" y="${y}">this episode</text>`;
  if (!hasWaitTwin) return own;
  const line = `<path class="wait" d="M${LEFT + 150} ${y - 4}h28"/>`;
  return `${own}${line}<text x="${LEFT + 186}" y="${y}">same seed, nothing done</text>`;
}

/** The picture in one sentence, for people who cannot see it. */
function describe(episode: Episode): string {
  const [action] = episode.actions;
  const last = episode.windows.at(-1);
  const share =
    last === undefined || last.client.answeredCount === 0 ? 0 : last.client.goodCount / last.client.answeredCount;
  const act =
    action === undefined
      ? "nothing is done"
      : `${action.detail} ${num((action.startedAtMs - episode.faultAtMs) / 1_000)} s after the fault`;
  const end = `${Math.round(share * 100)} % of answers are good and ${last?.duplicateRowCount ?? 0} rows are corrupted`;
  return `${FAULT_SUMMARIES[episode.fault]}; ${act}; at the end ${end}.`;
}

function num(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
