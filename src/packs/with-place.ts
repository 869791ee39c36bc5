import type { Problem } from "../core/value/codes.ts";
import { locateInYaml } from "./yaml.ts";

/** Says in a problem's message at which line of its file it stands. */
export function withPlace(found: Problem, text: string, file: string): Problem {
  const place = locateInYaml(text, found.pointer);
  return place === undefined ? found : { ...found, message: `${found.message} (${file}:${place.line})` };
}
