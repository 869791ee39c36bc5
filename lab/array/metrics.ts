import type { Availability } from "./availability.ts";
import type { JournalEntry } from "./journal.ts";
import { type ArrayState, controllerIds } from "./model.ts";

/** What the metrics are drawn from. */
export interface MetricsSource {
  readonly state: ArrayState;
  readonly availability: Availability;
  readonly journal: readonly JournalEntry[];
  readonly lagMsMax: number;
}

/**
 * The measurements in Prometheus' text format, version 0.0.4. Host names and versions hold no character that needs
 * escaping.
 */
export function renderMetrics({ state, availability, journal, lagMsMax }: MetricsSource): string {
  const applied = new Map<string, number>();
  for (const entry of journal) {
    if (entry.kind === "request") applied.set(entry.what, (applied.get(entry.what) ?? 0) + 1);
  }
  const { hosts } = availability;
  return [
    ...family(
      "array_reads_total",
      "counter",
      "Reads by host and result.",
      hosts.flatMap((host) => [
        `{host="${host.host}",result="ok"} ${host.reads.ok}`,
        `{host="${host.host}",result="unavailable"} ${host.reads.unavailable}`,
      ]),
    ),
    ...family(
      "array_unavailable_seconds_total",
      "counter",
      "Time in which a host could not read.",
      hosts.map((host) => `{host="${host.host}"} ${host.unavailableMs / 1000}`),
    ),
    ...family(
      "array_host_available",
      "gauge",
      "1 while a host can read.",
      hosts.map((host) => `{host="${host.host}"} ${host.available ? 1 : 0}`),
    ),
    ...family(
      "array_controller_online",
      "gauge",
      "1 while a controller is online.",
      controllerIds.map((id) => {
        const { firmware, state: now } = state.controllers[id];
        return `{controller="${id}",firmware="${firmware}"} ${now === "online" ? 1 : 0}`;
      }),
    ),
    ...family(
      "array_owner",
      "gauge",
      "1 for the controller that owns the volumes.",
      controllerIds.map((id) => `{controller="${id}"} ${state.owner.controller === id ? 1 : 0}`),
    ),
    ...family(
      "array_requests_applied_total",
      "counter",
      "Writes applied, repeats under one key counted once.",
      [...applied].map(([what, count]) => `{what="${what}"} ${count}`),
    ),
    ...family("array_read_lag_seconds_max", "gauge", "The longest a read came late.", [` ${lagMsMax / 1000}`]),
    "",
  ].join("\n");
}

function family(name: string, type: "counter" | "gauge", help: string, samples: readonly string[]): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => `${name}${sample}`)];
}
