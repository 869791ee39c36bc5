// The hosts that `bench/plan.ts` reads: a process of its own, so that its time counts for nobody. Prints its address.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const id = request.url?.split("/").pop() ?? "";
  response.setHeader("content-type", "application/json").setHeader("etag", '"1"');
  response.end(JSON.stringify({ id, workers: 4, serving: true }));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(`http://127.0.0.1:${address.port}`);
});
process.on("disconnect", () => process.exit());
