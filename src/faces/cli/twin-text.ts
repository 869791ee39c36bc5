import { actorName } from "../../core/value/actor-name.ts";
import { shortDigest } from "../../core/value/digest.ts";
import { quoted, type ScreenText, screen } from "../../core/value/screen.ts";
import type { RejectedTwin } from "../../interlock.ts";

/** That a plan which does the same was rejected: another name of a step or another summary makes another plan. */
export function twinText({ planHash, by, reason }: RejectedTwin): ScreenText {
  const why = reason === "" ? screen`` : screen`, who says ${quoted(reason)}`;
  return screen`pl_${shortDigest(planHash)}, which does the same, was rejected by ${actorName(by)}${why}`;
}
