import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { readStream } from "./read-stream.ts";

const told = async (stream: Readable, signal?: AbortSignal) => {
  const read = await readStream(stream, { bytesMax: 10, ...(signal === undefined ? {} : { signal }) });
  return read.ok ? Buffer.from(read.value).toString() : read.error.kind;
};

describe("a stream", () => {
  it("is read to its end, as bytes or as text", async () => {
    expect(await told(Readable.from([Buffer.from("ab"), "cd"]))).toBe("abcd");
  });

  it("is read to the bound and no further", async () => {
    let given = 0;
    const endless = new Readable({
      read() {
        given += 1;
        this.push("12345");
      },
    });

    expect(await told(endless)).toBe("too_large");
    // What a stream keeps ready for its reader, and no more.
    expect(given).toBeLessThan(20_000);
    endless.destroy();
  });

  it.each([
    Object.assign(new Error("aborted"), { code: "ECONNRESET" }),
    Object.assign(new Error("Premature close"), { code: "ERR_STREAM_PREMATURE_CLOSE" }),
  ])("that breaks off is an answer, and no exception: %s", async (error) => {
    const stream = new PassThrough();
    stream.write("ab");
    setImmediate(() => stream.destroy(error));

    expect(await told(stream)).toBe("interrupted");
  });

  it("that breaks once more after it was read ends nothing", async () => {
    const stream = new PassThrough();
    stream.write("12345678901");

    expect(await told(stream)).toBe("too_large");
    stream.destroy(new Error("late"));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it("that gives nothing is left when nobody waits for it any more", async () => {
    expect(await told(new PassThrough(), AbortSignal.timeout(10))).toBe("interrupted");
  });
});
