// Applies the newest plan and dies by kill -9 in the commit that records a step's intent. `node crash.fixture.ts
// FOLDER before|after`: before the commit or after it.
import { type Journal, openInterlock } from "../../src/interlock.ts";
import { jsonLinesJournal } from "./json-lines-journal.fixture.ts";

const [folder = ".", when = "after"] = process.argv.slice(2);

function dyingJournal(): Journal {
  const journal = jsonLinesJournal(`${folder}/journal.jsonl`);
  return {
    ...journal,
    async append(batch) {
      const isIntent = batch.records.some(({ record }) => record.kind === "step_intent");
      if (isIntent && when === "before") process.kill(process.pid, "SIGKILL");
      const written = await journal.append(batch);
      if (isIntent) process.kill(process.pid, "SIGKILL");
      return written;
    },
  };
}

const address = { config: `${folder}/interlock.yaml`, identities: `${folder}/keys` };
const opened = await openInterlock(address, { journal: dyingJournal });
if (!opened.ok) throw new Error(JSON.stringify(opened.error));
const run = await opened.value.apply({ plan: "last" });
if (!run.ok) throw new Error(JSON.stringify(run.error));
await run.value.atRest();
throw new Error("it was to die");
