// The site of `site.fixture.ts` in a folder of its own, for tests that open it through ports that misbehave.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Interlock, InterlockPorts } from "../../src/interlock.ts";
import { approvedPlan, beginSite, openSiteIn, proposalIn, value } from "./site.fixture.ts";

export class PortSite {
  readonly folder = mkdtempSync(join(tmpdir(), "interlock-door-"));
  readonly #opened: Interlock[] = [];

  async begin(): Promise<this> {
    await beginSite(this.folder);
    return this;
  }

  async open(ports: InterlockPorts = {}): Promise<Interlock> {
    const site = await openSiteIn(this.folder, ports);
    this.#opened.push(site);
    return site;
  }

  /** Plans and approves through the built-in ports; gives the plan's hash. */
  async approved(): Promise<string> {
    return approvedPlan(await this.open(), this.folder);
  }

  /** Trusts the pack and compiles the proposal. */
  async plan(site: Interlock): ReturnType<Interlock["plan"]> {
    await value(site.trust());
    return site.plan(this.request());
  }

  /** Asks for the bundled proposal to be planned. */
  request() {
    return proposalIn(this.folder);
  }

  /** The file that the plan changes. */
  config(): string {
    return readFileSync(join(this.folder, "conf/app.json"), "utf8");
  }

  async remove(): Promise<void> {
    await Promise.all(this.#opened.map((site) => site.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
