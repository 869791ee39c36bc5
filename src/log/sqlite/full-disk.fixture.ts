// Appends synced batches until one is refused: `node full-disk.fixture.ts FOLDER`, under a limit on the size of files.
import { batchOf } from "./batch.fixture.ts";
import { openStore } from "./open.ts";

const store = openStore(process.argv[2] ?? "");
if (!store.ok) throw new Error(store.error.message);
for (let count = 0; ; count += 1) {
  const receipt = await store.value.append(batchOf("synced", "run_a", `${count} ${"x".repeat(700)}`));
  if (receipt.ok) continue;
  const again = await store.value.append(batchOf("synced", "run_a", "after the refusal"));
  console.log(
    JSON.stringify({ acknowledged: count, code: receipt.error.code, againCode: again.ok ? null : again.error.code }),
  );
  break;
}
await store.value.close();
