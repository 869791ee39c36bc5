// Nothing that the command line does is out of a program's reach: each command calls the door, and a face imports
// nothing else (test/import-directions.test.ts).
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { problem } from "../../core/value/codes.ts";
import { fail, ok } from "../../core/value/result.ts";
import type * as Door from "../../interlock.ts";
import { recordedContext } from "./context.fixture.ts";
import { leavesOf } from "./describe-commands.ts";
import { examples } from "./examples.ts";
import { createProgram, main } from "./main.ts";
import { methodsOf, ownCommands } from "./methods.ts";

/** The methods that were called since this was last emptied. */
const called: string[] = [];

vi.mock("../../interlock.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof Door>()),
  openInterlock: async () => ok(recordingDoor()),
}));

/** A door that notes what is asked of it, and refuses all of it. */
function recordingDoor(): unknown {
  return new Proxy(
    {},
    {
      get: (_, name) => async () => {
        if (name === "close") return undefined;
        called.push(String(name));
        return fail([problem("E_INTERNAL", "", "this door only listens")]);
      },
    },
  );
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-methods-"));
  for (const name of ["proposal.json", "upgrade.json", "situation.yaml", "incidents.jsonl", "alert.json", "rita.pem"])
    writeFileSync(join(folder, name), "{}\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command line against the listening door; gives the methods that it called. */
async function methodsCalledBy(line: string): Promise<readonly string[]> {
  called.length = 0;
  const words = [...line.replace(/ [<>] \S+$/, "").matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  await main(words.slice(1), () => recordedContext({ cwd: folder, stdin: "{}" }));
  return [...called];
}

describe("the methods behind the commands", () => {
  it("are named for every command, but for those that are about the command line itself", async () => {
    const program = await createProgram(() => Promise.resolve(), { out: () => undefined, err: () => undefined });
    const names = leavesOf(program).map(({ name }) => name);

    expect([...Object.keys(methodsOf), ...ownCommands].sort()).toEqual([...names].sort());
  });

  it("are methods of the door", async () => {
    const { openInterlock } = await vi.importActual<typeof Door>("../../interlock.ts");
    const opened = await openInterlock({ config: null });
    const door = opened.ok ? Object.keys(opened.value) : [];

    expect(Object.values(methodsOf).flatMap((methods) => methods.filter((name) => !door.includes(name)))).toEqual([]);
  });

  it.each(Object.entries(methodsOf))("of `%s` are called by its examples, and no others", async (name, methods) => {
    const found: string[] = [];
    for (const line of examples[name] ?? []) found.push(...(await methodsCalledBy(line)));

    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((method) => !methods.some((known) => known === method))).toEqual([]);
  });
});
