import type { Problem } from "../core/value/codes.ts";
import { locateInYaml } from "./yaml.ts";

/** Adds the line in the file to a problem's message. */
export function withPlace(found: Problem, text: string, file: string): Problem {
  const place = locateInYaml(text, found.pointer);
  return place === undefined ? found : { ...found, message: `${found.message} (${file}:${place.line})` };
}
