// A copy of a store that an earlier release wrote, with its site, and what that release says is in it.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Digest } from "../../../src/core/value/digest.ts";
import type { Answer, Connector, Interlock, InterlockPorts } from "../../../src/interlock.ts";
import { openInterlock } from "../../../src/interlock.ts";

const goldenFolder = fileURLToPath(new URL(".", import.meta.url));

/** Written by the release itself, with its own code. */
export interface ExpectedStore {
  readonly release: string;
  readonly length: number;
  readonly head: Digest;
  readonly epoch: number;
  /** Newest first. `meaning` is the digest of the run's state, and `null` where bodies of the run were archived. */
  readonly runs: readonly {
    readonly runId: string;
    readonly planHash: Digest;
    readonly state: string;
    readonly meaning: Digest | null;
  }[];
  /** Digest of the site's state. */
  readonly site: Digest;
}

export interface GoldenSite {
  readonly folder: string;
  readonly store: string;
  readonly expected: ExpectedStore;
}

/** Every golden store with its site, as `RELEASE/NAME`. */
export const goldenStores: readonly string[] = readdirSync(goldenFolder)
  .filter((name) => /^\d/.test(name))
  .flatMap((release) => readdirSync(join(goldenFolder, release)).map((name) => `${release}/${name}`));

/** A folder for one test, removed when the test ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "interlock-golden-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Copies a golden store: its site into a folder of its own, its store into the site's `.interlock`. */
export function copyGolden(name: string): GoldenSite {
  const folder = join(scratchFolder(), "site");
  const from = join(goldenFolder, name);
  cpSync(join(from, "site"), folder, { recursive: true });
  cpSync(join(from, "store"), join(folder, ".interlock"), { recursive: true });
  const expected = JSON.parse(readFileSync(join(from, "expected.json"), "utf8")) as ExpectedStore;
  return { folder, store: join(folder, ".interlock"), expected };
}

/** Copies the store of version 1, which has no site. */
export function copyVersion1(): string {
  const folder = scratchFolder();
  const store = join(folder, ".interlock");
  cpSync(join(goldenFolder, "v1"), store, { recursive: true });
  return store;
}

/**
 * Opens the copy of a site as `olivia`. Its connection and every plan name the folder where the site was when its store
 * was made, so the connector reads and writes the copy's files instead.
 */
export async function openGolden({ folder }: GoldenSite, ports: InterlockPorts = {}): Promise<Interlock> {
  const { connectors } = await import("../../../src/connectors/index.ts");
  const file = connectors.get("file");
  if (file === undefined) throw new Error("there is a file connector");
  const here: Connector = {
    ...file,
    perform: (request) => file.perform({ ...request, settings: { root: join(folder, "conf") } }),
  };
  const address = {
    config: join(folder, "interlock.yaml"),
    identities: join(folder, "identities"),
    actor: { kind: "person", id: "olivia", keyId: null },
  } as const;
  const door = await valueOf(openInterlock(address, { connectors: new Map([["file", here]]), ...ports }));
  onTestFinished(async () => void (await door.close()));
  return door;
}

export async function valueOf<T>(answer: Answer<T>): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(JSON.stringify(given.error));
  return given.value;
}

export const plainUpgrade = {
  backup: null,
  withoutBackup: false,
  isDryRun: false,
  onProgress: (): void => undefined,
} as const;

export function readText(folder: string, path: string): string {
  return existsSync(join(folder, path)) ? readFileSync(join(folder, path), "utf8") : "";
}
