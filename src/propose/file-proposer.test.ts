import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readShopDomain } from "../../test/support/read-domain.ts";
import { createFileProposer } from "./file-proposer.ts";

const request = {
  intent: "",
  goal: "",
  alert: null,
  onCall: () => undefined,
  domain: readShopDomain(),
  facts: [],
  inputs: [],
  repair: null,
  signal: new AbortController().signal,
};
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-propose-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a file proposer", () => {
  it("gives the bytes of the file, as they are", async () => {
    const path = join(folder, "proposal.json");
    writeFileSync(path, Uint8Array.of(0xff, 0x00, 0x7b));

    const proposed = await createFileProposer(path, Readable.from([])).propose(request);

    expect(proposed).toEqual({ ok: true, value: Uint8Array.of(0xff, 0x00, 0x7b) });
  });

  it("reads standard input for `-`", async () => {
    const proposed = await createFileProposer("-", Readable.from([Buffer.from("{"), Buffer.from("}")])).propose(
      request,
    );

    expect(proposed.ok && new TextDecoder().decode(proposed.value)).toBe("{}");
  });

  it("says that a missing file is missing", async () => {
    const proposed = await createFileProposer(join(folder, "none.json"), Readable.from([])).propose(request);

    expect(!proposed.ok && proposed.error.map((found) => found.code)).toEqual(["E_INPUT_MISSING"]);
  });

  it("that is interrupted gives no proposal, and waits for nothing more", async () => {
    const stop = new AbortController();
    const silent = new Readable({ read: () => undefined });
    silent.push("{");
    const asked = createFileProposer("-", silent).propose({ ...request, signal: stop.signal });

    stop.abort();

    expect(await asked).toMatchObject({ ok: false, error: [{ code: "E_PROPOSER_FAILED" }] });
    expect(silent.destroyed).toBe(true);
    expect(
      await createFileProposer("-", Readable.from(["{"])).propose({ ...request, signal: AbortSignal.abort() }),
    ).toMatchObject({ ok: false, error: [{ code: "E_PROPOSER_FAILED" }] });
  });

  it("stops reading what is too large", async () => {
    let givenBytes = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          givenBytes += 65_536;
          yield Buffer.alloc(65_536, 0x20);
        }
      })(),
    );

    const proposed = await createFileProposer("-", endless).propose(request);

    expect(!proposed.ok && proposed.error.map((found) => found.code)).toEqual(["E_JSON_SIZE"]);
    expect(givenBytes).toBeLessThan(4_000_000);
  });
});
