import { type Refused, refuse } from "./commands.ts";
import type { JournalEntry } from "./journal.ts";
import type { ControllerId } from "./model.ts";

/** How an upgrade goes. The journal says so: an operation is the entry that began it and the event that ended it. */
export interface UpgradeOperation {
  /** The sequence number of the entry that began it. */
  readonly id: string;
  readonly status: "running" | "succeeded" | "reverted" | "failed" | "cancelled";
  readonly percent: number;
  readonly message: string;
}

/** The upgrade that an entry of the journal began, and its controller; refused if that entry began none. */
export function findOperation(
  journal: readonly JournalEntry[],
  id: string,
  { nowMs, upgradeMs }: { readonly nowMs: number; readonly upgradeMs: number },
): { readonly kind: "found"; readonly controller: ControllerId; readonly operation: UpgradeOperation } | Refused {
  const begun = /^\d{1,9}$/.test(id) ? journal[Number(id) - 1] : undefined;
  if (begun === undefined || begun.kind !== "request" || begun.what !== "upgrade_firmware")
    return refuse(404, "not_found", "there is no such operation: `POST /controllers/{id}/firmware` begins one");
  const controller: ControllerId = begun.target === "controllers/a" ? "a" : "b";
  // A controller has one upgrade at a time, so the next event about it is the end of this one.
  const end = journal.slice(begun.seq).find((entry) => entry.kind === "event" && entry.target === begun.target);
  const share = Math.min(99, Math.floor((100 * (nowMs - begun.atMs)) / upgradeMs));
  return { kind: "found", controller, operation: { id, ...describeEnd(end?.what ?? null, Math.max(0, share)) } };
}

function describeEnd(end: JournalEntry["what"] | null, percent: number): Omit<UpgradeOperation, "id"> {
  switch (end) {
    case "firmware_upgraded":
      return { status: "succeeded", percent: 100, message: "the controller runs the new firmware" };
    case "firmware_reverted":
      return { status: "reverted", percent, message: "the controller went back to the firmware it had" };
    case "firmware_failed":
      return { status: "failed", percent, message: "the controller does not start" };
    case "firmware_cancelled":
      return { status: "cancelled", percent, message: "cancelled: the controller has the firmware it had" };
    default:
      return { status: "running", percent, message: "" };
  }
}
