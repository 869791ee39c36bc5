import type { StoreAddress } from "../core/approval/approval.ts";
import { storeStream } from "../core/log/removal.ts";
import type { StoreCreated } from "../core/log/store-records.ts";
import type { Problem } from "../core/value/codes.ts";
import { ok, type Result } from "../core/value/result.ts";
import type { LogStore } from "./log-store.ts";

/**
 * Gives the store an id if it has none, and returns the id. The id stands in a record, so an export or a copy says
 * which store it comes from. An owner calls this when it opens the store, before it records anything else.
 *
 * @param fresh - the id of a store that has none: `st_` and 32 random hexadecimal digits
 * @param place - where the store lies; `null` for a mirror of a journal
 */
export async function ensureStoreId(
  store: Pick<LogStore, "storeId" | "append">,
  { atMs, fresh, place }: { readonly atMs: number; readonly fresh: string; readonly place: StoreAddress | null },
): Promise<Result<string, Problem>> {
  const known = store.storeId();
  if (known !== null) return ok(known);
  const body: StoreCreated = {
    kind: "store_created",
    runId: null,
    storeId: fresh,
    ...(place === null ? {} : { place }),
  };
  const record = { stream: storeStream, atMs, kind: body.kind, body: { ...body } };
  const written = await store.append({ durability: "synced", records: [record], documents: [] });
  return written.ok ? ok(fresh) : written;
}
