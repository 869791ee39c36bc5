import { resolve } from "node:path";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { bundledPacks, type Scaffold, scaffoldSite } from "../../packs/scaffold.ts";
import { refuseForbidden } from "./record.ts";
import type { Workplace } from "./workplace.ts";

/** Where to create a site, and with which of the packs that come with the program. */
export interface InitRequest {
  readonly folder: string;
  readonly pack: string;
}

/** Creates a site: an `interlock.yaml`, with a pack beside it. Overwrites nothing. */
export async function init(place: Workplace, request: InitRequest): Promise<Result<Scaffold, readonly Problem[]>> {
  // What a site permits is a person's to lay down: to begin one is to trust the pack that comes with it.
  const asked = { capability: "trust", asked: "init", resource: request.pack } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const made = scaffoldSite(resolve(request.folder), request.pack);
  return made.ok ? made : fail([made.error]);
}

/** A pack that comes with the program. */
export interface BundledPack {
  readonly name: string;
  readonly summary: string;
}

/** The packs that a site can be created with. */
export async function packs(): Promise<Result<readonly BundledPack[], readonly Problem[]>> {
  return ok(bundledPacks());
}
