// CPU time to seal and append a record, in units of one SHA-256, compared with the bare insert that every store on
// SQLite needs.
import { hash } from "node:crypto";
import { rmSync } from "node:fs";
import { genesisDigest } from "../../src/core/log/chain.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import { sealRecord } from "../../src/log/seal.ts";
import type { AppendBatch } from "../../src/log/store.ts";
import { RawTable } from "./floors.ts";
import { type Figure, summarize, takeTurns } from "./measure.ts";
import { benchFolder, openOrThrow } from "./our-runs.ts";

const groupSize = 64;

/** An event as a step leaves it: 364 bytes in canonical form. */
const body = {
  kind: "step_settled",
  runId: "run_0123456789abcdef",
  stepId: "s12",
  outcome: "done",
  problem: null,
  by: null,
  facts: [
    { name: "host.h1.path", value: true },
    { name: "controller.a.version", value: "7.2.1" },
  ],
  left: {
    object: "controller/a",
    fingerprint: `sha256:${"ab".repeat(32)}`,
    fence: "12",
    facts: [{ name: "controller.a.version", value: "7.2.1" }],
  },
};

/** Figures for appending alone, in microseconds and in H. */
export async function appendFigures(hashUs: number, rounds: number): Promise<readonly Figure[]> {
  const folder = benchFolder();
  const store = openOrThrow(folder);
  const table = new RawTable(folder, { recordCount: groupSize, bytesPerRecord: canonicalText(body).length });
  table.setSynchronous("NORMAL");
  let run = 0;
  const batchOf = (stream: string): AppendBatch => ({
    durability: "ordered",
    documents: [],
    records: [{ stream, atMs: 1_700_000_000_000, kind: body.kind, body }],
  });
  const nextGroup = (): readonly AppendBatch[] => {
    run += 1;
    // 64 runs at a time, each of 32 records.
    return Array.from({ length: groupSize }, (_, index) => batchOf(`run_${(run >> 5) * groupSize + index}`));
  };
  const samples = await takeTurns(
    {
      canonical: () => repeat(4_096, () => canonicalText(body)),
      seal: () =>
        repeat(4_096, (index) => sealRecord({ stream: "run_a", atMs: 1, kind: body.kind, body }, index, genesisDigest)),
      grouped: () => repeatAsync(64, () => Promise.all(nextGroup().map((batch) => store.append(batch)))),
      lone: () => repeatAsync(256, () => store.append(batchOf(`run_lone_${run}`))),
      floor: () =>
        repeat(64, () => {
          for (let record = 0; record < groupSize; record += 1) {
            const text = JSON.stringify(body);
            hash("sha256", hash("sha256", text) + text.slice(0, 200));
          }
          table.commit(groupSize);
        }),
      bareGrouped: () => repeat(64, () => table.commit(groupSize)),
      bareLone: () => repeat(256, () => table.commit(1)),
    },
    rounds,
  );
  await store.close();
  table.close();
  rmSync(folder, { recursive: true, force: true });
  const counts = {
    canonical: 4_096,
    seal: 4_096,
    grouped: 64 * groupSize,
    lone: 256,
    floor: 64 * groupSize,
    bareGrouped: 64 * groupSize,
    bareLone: 256,
  } as const;
  const titles = {
    canonical: "append: canonical text of one event",
    seal: "append: seal alone (canonical text and two digests)",
    grouped: "append with seal, 64 in a commit",
    lone: "append with seal, one ordered commit each",
    floor: "floor: JSON.stringify, two digests and a bare SQLite insert, 64 in a commit",
    bareGrouped: "floor: bare SQLite insert of the same bytes, 64 in a commit",
    bareLone: "floor: bare SQLite insert, one ordered commit each",
  } as const;
  return (Object.keys(counts) as (keyof typeof counts)[]).flatMap((name) => {
    const cpu = samples[name].map(({ cpuUs }) => cpuUs / counts[name]);
    return [
      summarize(`${titles[name]}: CPU`, "µs", cpu),
      summarize(
        `${titles[name]}: CPU`,
        "H",
        cpu.map((value) => value / hashUs),
      ),
    ];
  });
}

function repeat(count: number, work: (index: number) => unknown): void {
  for (let index = 0; index < count; index += 1) work(index);
}

async function repeatAsync(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index += 1) await work();
}
