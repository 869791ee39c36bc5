import type { CurrentStore } from "../../core/approval/check-store.ts";
import type { LogSource } from "../../log/store.ts";
import { storedStoreRecords } from "../../log/stored-events.ts";
import type { Workplace } from "./workplace.ts";

/** Which store this is, and where: what a person signs is for it alone. `null` while the store has no id. */
export function currentStore(
  { store }: Pick<Workplace, "store">,
  log: Pick<LogSource, "entries" | "storeId">,
): CurrentStore | null {
  const storeId = log.storeId();
  if (storeId === null) return null;
  const records = [...storedStoreRecords(log)];
  const made = records.find(({ kind }) => kind === "store_created");
  const accepted = records.findLast((record) => record.kind === "log_accepted");
  return {
    storeId,
    place: store.address(),
    madeAt: made?.kind === "store_created" ? (made.place ?? null) : null,
    ...(accepted === undefined ? {} : { sinceMs: accepted.sinceMs }),
  };
}
