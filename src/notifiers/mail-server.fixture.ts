import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A mail server on this machine that speaks the real protocol, and what it has taken. */
export interface MailServer {
  readonly port: number;
  /** Mails as they came in, headers included. */
  readonly mails: readonly string[];
  /** How often somebody has begun to send a mail. */
  attemptCount(): number;
  close(): Promise<void>;
}

/**
 * Starts a mail server.
 *
 * @param answer - what it says to a mail that it has: `null` takes it, `"never"` says nothing
 */
export async function startMailServer(
  answer: () => Error | null | "never",
  options: SMTPServerOptions = {},
): Promise<MailServer> {
  const mails: string[] = [];
  let attemptCount = 0;
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: ({ username = "" }, _session, done) => done(null, { user: username }),
    onMailFrom: (_from, _session, done) => {
      attemptCount += 1;
      done();
    },
    onData: (stream, _session, done) => {
      let text = "";
      stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      stream.on("end", () => {
        const said = answer();
        if (said === null) mails.push(text);
        if (said !== "never") done(said);
      });
    },
    closeTimeout: 50,
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    // It listens on a port, so it has an address with one.
    port: (server.server.address() as AddressInfo).port,
    mails,
    attemptCount: () => attemptCount,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The notification that a mail has attached, as the text of a document. */
export function attachedIn(mail: string): string {
  const [, encoded = ""] = /filename=notification\.json\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/.exec(mail) ?? [];
  return Buffer.from(encoded, "base64").toString("utf8");
}
