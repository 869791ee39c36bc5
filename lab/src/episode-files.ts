import { readFileSync } from "node:fs";
import { EPISODE_FORMAT, type Episode } from "./contract/episode.ts";
import { LabError } from "./lab-error.ts";

/** Our own files only: the format's name stands for its shape. */
function isEpisode(value: unknown): value is Episode {
  return typeof value === "object" && value !== null && "format" in value && value.format === EPISODE_FORMAT;
}

/** Reads a recorded episode. */
export function readEpisodeFile(path: string): Episode {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new LabError("E_LAB_INPUT", `cannot read \`${path}\``, "write one with `npm run lab -- episode --out FILE`");
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isEpisode(value)) return value;
  } catch {
    // Said below.
  }
  throw new LabError(
    "E_LAB_INPUT",
    `\`${path}\` is no episode: its \`format\` must be \`${EPISODE_FORMAT}\``,
    "write one with `npm run lab -- episode --out FILE`",
  );
}
