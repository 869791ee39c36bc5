import type { Problem } from "../../core/value/codes.ts";
import { clockSkewMaxMs, findClockSkew } from "../../engine/clock-skew.ts";
import type { SiteLog } from "./site-log.ts";
import { siteOf, type Workplace } from "./workplace.ts";

/** How far the log's time is ahead of this machine's clock. */
export interface LogLead {
  /** All of it, in milliseconds. What is signed now carries the clock's time and this. */
  readonly leadMs: number;
  /** What of it a person has accepted. */
  readonly acceptedMs: number;
}

/** Reads how far the log's time is ahead of this machine's clock. */
export async function readLead(place: Pick<Workplace, "ports">, log: SiteLog): Promise<LogLead> {
  const { lastSeenMs, clockLeadMs } = await log.siteState();
  return { leadMs: Math.max(clockLeadMs, lastSeenMs - place.ports.clock.nowMs()), acceptedMs: clockLeadMs };
}

/** Why nothing new is written here because of the time, or `null`. */
export function skewOf(place: Workplace, { leadMs, acceptedMs }: LogLead): Problem | null {
  if (leadMs <= acceptedMs) return null;
  const site = siteOf(place);
  return findClockSkew(leadMs - acceptedMs, site.ok ? site.value.config.clock.skewMaxMs : clockSkewMaxMs);
}
