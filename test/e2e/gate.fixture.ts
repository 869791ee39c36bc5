import { readFileSync } from "node:fs";
import { createE2eSite, type E2eSite, wireArgs, wireStep } from "./e2e-site.fixture.ts";

// A plan whose own effects make a precondition false is refused before it runs. What still fails in a run is what
// happens outside, so here a step waits for a gate, and a test closes it once the plan is approved.

const pack = readFileSync(new URL("../../packs/config-file/domain.yaml", import.meta.url), "utf8");

function put(text: string, at: string, addition: string): string {
  if (!text.includes(at)) throw new Error(`the pack does not hold ${at}`);
  return text.replace(at, `${at}${addition}`);
}

/** The pack `config-file` with a gate that nothing pins: only an open one lets `config.maintenance` pass. */
function gatedDomain(): string {
  const withType = put(
    pack,
    "types:\n",
    "  gate:\n    facts: { open: boolean }\n    observe:\n      uses: disk/read\n" +
      "      with: { path: { $property: path }, as: json }\n" +
      "      facts: { open: /value/open }\n      fingerprint: [/path]\n",
  );
  const withGate = put(withType, "inventory:\n", "  gate:\n    entry: { path: gate.json }\n");
  return withGate.replace("pre: arg.on || self.workers > 1", "pre: gate.entry.open && (arg.on || self.workers > 1)");
}

/** A site whose steps through the gate fail once it is closed. */
export async function createGatedSite(options: { readonly solo?: boolean } = {}): Promise<E2eSite> {
  const site = await createE2eSite({ ...options, domain: gatedDomain() });
  setGate(site, "open");
  return site;
}

/** Opens or closes the gate. */
export function setGate(site: E2eSite, state: "open" | "closed"): void {
  site.write("conf/gate.json", `{"open": ${String(state === "open")}}\n`);
}

/** Begins maintenance, which needs the gate to be open. */
export function throughGate(id: string, change: Readonly<Record<string, unknown>> = {}): object {
  return wireStep(id, { action: "config.maintenance", args: wireArgs({ config: "app", on: true }), ...change });
}
