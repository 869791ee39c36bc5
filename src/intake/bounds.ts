import { type Problem, problem } from "../core/value/codes.ts";
import { type SystemFault, systemFaultOf } from "../core/value/system-error.ts";
import { quote } from "../core/value/text.ts";

/** How much may be read, and what ends the reading. */
export interface Bounds {
  readonly bytesMax: number;
  /** Aborted: nobody waits for it any more. */
  readonly signal?: AbortSignal;
}

/** Why something was not read. */
export type Unread =
  | { readonly kind: "too_large"; readonly bytesMax: number }
  /** A folder, a pipe or a device where a regular file is wanted. */
  | { readonly kind: "not_regular" }
  | { readonly kind: "link" }
  /** Nobody writes into a named pipe. */
  | { readonly kind: "no_writer" }
  | { readonly kind: "interrupted" }
  | { readonly kind: "system"; readonly fault: SystemFault };

/** What a read threw, as the reason why nothing was read. Anything but an error of the system is a defect. */
export function unreadFor(error: unknown): Unread {
  const fault = systemFaultOf(error);
  if (fault === null) throw error;
  return fault.code === "ELOOP" ? { kind: "link" } : { kind: "system", fault };
}

/** The problem of a document that a person named and that could not be read. */
export function unreadProblem(name: string, unread: Unread): Problem {
  const named = quote(name);
  switch (unread.kind) {
    case "too_large":
      return problem("E_JSON_SIZE", "", `${named} is larger than ${unread.bytesMax} bytes`);
    case "not_regular":
      return problem("E_INPUT_MISSING", "", `${named} is not a regular file`, "name a regular file");
    case "link":
      return problem("E_INPUT_MISSING", "", `${named} is a link, or leads through too many`, "name the file itself");
    case "no_writer":
      return problem("E_INPUT_MISSING", "", `${named} is a pipe, and nobody writes into it`, "start its writer first");
    case "interrupted":
      return problem("E_INTERRUPTED", "", `reading ${named} was interrupted`);
    case "system":
      return problem("E_INPUT_MISSING", "", `${named} ${saidOf(unread.fault)}`);
  }
}

function saidOf({ code }: SystemFault): string {
  switch (code) {
    case "ENOENT":
      return "does not exist";
    case "EISDIR":
      return "is a folder";
    case "EACCES":
    case "EPERM":
      return "may not be read";
    default:
      return `cannot be read (${code})`;
  }
}
