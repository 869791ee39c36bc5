import { userInfo } from "node:os";
import type { Principal } from "../../core/approval/approval.ts";

/**
 * The user of the operating system, as a person. A user whom the system knows by number alone, as in many containers,
 * is called by it: `uid-12345`.
 */
export function systemUser(): Principal {
  return Object.freeze({ kind: "person", id: nameOfUser(), keyId: null });
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
