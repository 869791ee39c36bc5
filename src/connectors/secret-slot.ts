import { bindingOf } from "../core/domain/template.ts";
import { isJsonObject } from "../core/value/json-value.ts";
import { type Parser, refuseAt, text } from "../core/value/shape.ts";

/** A secret as settings hold it: a reference where a person writes it, its value in the call. */
export type SecretSlot = Parser<string>;

/** In a site's configuration: `{$secret: name}` and nothing else, so that no secret is ever written there. */
export const referredSecret: SecretSlot = (value, at) => {
  if (isJsonObject(value) && bindingOf(value)?.kind === "$secret") return "";
  return refuseAt(
    at,
    "E_CONNECTION_SETTINGS",
    "a secret is given by reference",
    "write `{ $secret: NAME }` and bind the name under `secrets`",
  );
};

/** In a call: the secret itself. A message never quotes it. */
export const boundSecret: SecretSlot = (value, at) => {
  const read = text({ charsMax: 65_536 });
  if (typeof value !== "string" || value === "")
    return refuseAt(at, "E_SECRET_UNAVAILABLE", "the secret is not a text, or is empty");
  return read(value, at);
};
