import { createServer } from "node:net";
import { expect, it } from "vitest";
import { parseWith } from "../core/value/shape.ts";
import type { Notification } from "../ports.ts";
import { attachedIn, startMailServer } from "./mail-server.fixture.ts";
import { notifierConfig } from "./notifier-config.ts";
import { type SmtpSettings, smtpNotifier, textOf } from "./smtp.ts";

const notification: Notification = {
  format: "interlock.notification/1",
  id: "ntf_1",
  deliveryId: "ntf_1.2.1",
  kind: "incident_closed",
  subject: "inc_1",
  owner: "ada",
  summary: "inc_1 closed escalated\r\nBcc: eve@elsewhere.example",
  text: ["▶ scale_out  −4.38"],
  next: [{ do: "acknowledge", notification: "ntf_1" }],
  escalation: { step: 1, round: 2 },
  atMs: 0,
};
const { signal } = new AbortController();

function settings(port: number, more: Partial<SmtpSettings> = {}): SmtpSettings {
  const [from, to] = ["interlock@ops.example", "oncall@ops.example"];
  return { name: "mail", host: "127.0.0.1", port, tls: "none", login: null, from, to, timeoutMs: 2_000, ...more };
}

it("a mail has the same Message-ID whenever a delivery is sent again, and belongs to one thread", async () => {
  const server = await startMailServer(() => null);
  const notifier = smtpNotifier(settings(server.port));

  await notifier.notify(notification, signal);
  await notifier.notify(notification, signal);
  await notifier.notify({ ...notification, deliveryId: "ntf_1.3.1" }, signal);

  const headers = server.mails.map((mail) => mail.split("\r\n\r\n")[0] ?? "");
  expect(headers.map((head) => /^Message-ID: (.*)$/m.exec(head)?.[1]?.trim())).toEqual([
    "<ntf_1.2.1.mail@ops.example>",
    "<ntf_1.2.1.mail@ops.example>",
    "<ntf_1.3.1.mail@ops.example>",
  ]);
  expect(headers.every((head) => head.includes("References: <ntf_1@ops.example>"))).toBe(true);
  expect(headers.every((head) => head.includes("Auto-Submitted: auto-generated"))).toBe(true);
  // A line break in the summary begins no header.
  expect(headers.every((head) => !/^Bcc:/m.test(head))).toBe(true);
  expect(JSON.parse(attachedIn(server.mails[0] ?? ""))).toEqual(notification);
  await server.close();
});

it("a mail says what happened, what to type next, and that nobody has acknowledged it", () => {
  expect(textOf(notification).split("\n")).toEqual([
    "inc_1 closed escalated\\u{d}\\u{a}Bcc: eve@elsewhere.example",
    "",
    "▶ scale_out  −4.38",
    "",
    "Next:",
    "  interlock acknowledge ntf_1",
    "",
    "This waits for ada, and nobody has acknowledged it.",
    "Since 1970-01-01T00:00:00.000Z, ntf_1",
    "",
  ]);
});

it("logs in with the name and the password, and says by number alone that it was refused", async () => {
  const server = await startMailServer(() => null, {
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      username === "interlock" && password === "hunter2"
        ? done(null, { user: username })
        : done(new Error(`no such password: ${password ?? ""}`)),
  });
  const loginWith = (password: string) =>
    smtpNotifier(settings(server.port, { login: { user: "interlock", password } }));

  expect(await loginWith("hunter2").notify(notification, signal)).toEqual({ ok: true, value: undefined });
  const refused = await loginWith("hunter3").notify(notification, signal);

  const message = `the notifier \`mail\` cannot send mail by \`127.0.0.1:${server.port}\` (EAUTH, 535)`;
  expect(refused).toMatchObject({ ok: false, error: { code: "E_NOTIFICATION_FAILED", message } });
  expect(server.mails).toHaveLength(1);
  await server.close();
});

it("never falls back to plain text, and trusts no certificate that nobody vouches for", async () => {
  const plain = await startMailServer(() => null);
  // The library's own certificate is signed by itself.
  const selfSigned = await startMailServer(() => null, { disabledCommands: [] });
  const login = { user: "interlock", password: "hunter2" };
  const send = (port: number, tls: SmtpSettings["tls"]) =>
    smtpNotifier(settings(port, { tls, login, timeoutMs: 1_000 })).notify(notification, signal);

  const told = await Promise.all([
    send(plain.port, "starttls"),
    send(plain.port, "implicit"),
    send(selfSigned.port, "starttls"),
  ]);

  expect(told.map(({ ok }) => ok)).toEqual([false, false, false]);
  expect([plain.mails, selfSigned.mails]).toEqual([[], []]);
  await Promise.all([plain.close(), selfSigned.close()]);
});

it("a server that cuts the line after it was told the mail has not taken it", async () => {
  const server = createServer((socket) => {
    socket.write("220 here\r\n");
    socket.on("error", () => undefined);
    let mail: string | null = null;
    socket.on("data", (bytes) => {
      const said = bytes.toString("latin1");
      if (mail === null && !/^DATA/.test(said)) return socket.write("250 fine\r\n");
      if (mail === null) socket.write("354 go on\r\n");
      mail = mail === null ? "" : mail + said;
      return mail.endsWith("\r\n.\r\n") ? socket.destroy() : undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const told = await smtpNotifier(settings(port)).notify(notification, signal);

  expect(told.ok).toBe(false);
  await new Promise((resolve) => server.close(resolve));
});

it("a mail's configuration holds no password in clear, no plain text to another machine, and one mailbox", () => {
  const mail = { kind: "smtp", host: "mail.example", from: "interlock@ops.example", to: "oncall@ops.example" };
  const read = (more: object) => parseWith(notifierConfig, { ...mail, ...more });

  expect(read({})).toEqual({ ok: true, value: { ...mail, tls: "starttls", port: 587, timeout: 8_000 } });
  expect(read({ tls: "implicit" })).toMatchObject({ value: { port: 465 } });
  expect(read({ host: "127.0.0.1", tls: "none", port: 2_525 })).toMatchObject({ ok: true, value: { port: 2_525 } });
  expect(read({ user: "interlock", password: "env:SMTP_PASSWORD" }).ok).toBe(true);
  for (const wrong of [
    { tls: "none" },
    { host: "127.0.0.1.evil.example", tls: "none" },
    { user: "interlock", password: "hunter2" },
    { user: "interlock" },
    { password: "env:SMTP_PASSWORD" },
    { to: "a@ops.example, b@ops.example" },
    { to: "oncall@ops.example\r\nBcc: eve@elsewhere.example" },
    { from: "Interlock <interlock@ops.example>" },
    { host: "mail.example/x" },
    { port: 0 },
  ])
    expect([wrong, read(wrong).ok]).toEqual([wrong, false]);
});
