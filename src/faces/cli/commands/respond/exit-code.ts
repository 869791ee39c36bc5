import { type Code, codes } from "../../../../core/value/codes.ts";
import { assertNever } from "../../../../core/value/invariant.ts";
import type { ResponseReport, World } from "../../../../interlock.ts";

/** The exit code of a closed incident. */
export function exitCodeOfReport({ outcome, world, code }: ResponseReport): number {
  switch (outcome) {
    case "restored":
    case "observed":
    case "nothing_to_do":
      return 0;
    case "disputed":
      return world === "untouched" ? 16 : 29;
    case "cancelled":
      return code === null ? 0 : codes[code].exitCode;
    case "restored_in_part":
      return 25;
    case "compensated":
      return 20;
    // 24 says that something was written. If nothing was, stopping means declining: 14.
    case "stopped":
      return world === "untouched" ? 14 : 24;
    case "abandoned":
      return world === "untouched" ? 14 : 23;
    case "not_approved":
      return code === null ? 11 : codes[code].exitCode;
    case "escalated":
    case "waiting":
      return exitCodeOfWorld(world, code);
    default:
      return assertNever(outcome);
  }
}

function exitCodeOfWorld(world: World, code: Code | null): number {
  switch (world) {
    case "dirty":
      return 21;
    case "unknown":
      return 22;
    case "listed":
      return 23;
    case "as_told":
      return 26;
    case "as_wanted":
      return 0;
    case "restored":
      return 20;
    case "untouched": {
      const refused = code === null ? 14 : codes[code].exitCode;
      // A code of the twenties says that something was written, and nothing was.
      return refused >= 20 && refused < 30 ? 14 : refused;
    }
    default:
      return assertNever(world);
  }
}
