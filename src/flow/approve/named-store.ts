import type { CurrentStore } from "../../core/approval/check-store.ts";
import type { Problem } from "../../core/value/codes.ts";
import { invariant } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { withLog } from "../site/site-log.ts";
import { recorderOf, type Workplace } from "../site/workplace.ts";

/** As `currentStore`, from beside the owner. A store that has no id yet is given one. */
export async function namedStore(place: Workplace): Promise<Result<CurrentStore, readonly Problem[]>> {
  const read = () => withLog(place, async (log) => ok(log.store()));
  const known = await read();
  if (!known.ok) return known;
  if (known.value !== null) return ok(known.value);
  // An owner gives its store an id when it opens it.
  const taken = await place.owners.take("recorder", recorderOf(place));
  if (!taken.ok) return fail([taken.error]);
  await taken.value.release();
  const named = await read();
  if (!named.ok) return named;
  invariant(named.value !== null, "an owner gives its store an id");
  return ok(named.value);
}
