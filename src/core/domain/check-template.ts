import { type Problem, problem } from "../value/codes.ts";
import { quote, suggestName } from "../value/text.ts";
import type { Action, ArgumentDeclaration, OperationRef, Template } from "./domain.ts";
import type { DomainIndex } from "./domain-index.ts";
import { listBindings, type PlacedBinding } from "./template.ts";

/** Where a template is, and what its bindings may name. */
export interface TemplatePlace {
  readonly index: DomainIndex;
  readonly uses: OperationRef;
  readonly target: Action["target"];
  readonly input: readonly ArgumentDeclaration[];
  /** An observation knows only its object: it has no arguments, no key and no fence. */
  readonly isObserve: boolean;
  /** A call about an operation knows its id. It has no key and no fence. */
  readonly isAboutOperation?: boolean;
  readonly pointer: string;
}

/** Checks that every binding of a template names something declared. */
export function checkTemplate(template: Template, place: TemplatePlace): readonly Problem[] {
  const { bindings, strays } = listBindings(template, place.pointer);
  return [
    ...strays.map((pointer) =>
      problem(
        "E_DOMAIN_BINDING",
        pointer,
        "a key that begins with `$` is a binding and must be the only key of its object",
      ),
    ),
    ...bindings.flatMap((placed) => checkBinding(placed, place)),
  ];
}

function checkBinding({ binding, pointer }: PlacedBinding, place: TemplatePlace): readonly Problem[] {
  const refuse = (message: string, hint?: string): readonly Problem[] => [
    problem("E_DOMAIN_BINDING", pointer, message, hint),
  ];
  const { kind, name } = binding;
  const isBare = kind === "$fence" || kind === "$key";
  if (isBare ? name !== true : typeof name !== "string")
    return refuse(`\`${kind}\` takes ${isBare ? "`true`" : "a name"}`);
  const written = String(name);
  switch (kind) {
    case "$arg": {
      const names = place.input.map((argument) => argument.name);
      return names.includes(written)
        ? []
        : refuse(`there is no argument ${quote(written)}`, suggestName(written, names));
    }
    case "$target": {
      if (place.target === null) return refuse("the action has no target");
      return written === "id" || written === "type" ? [] : refuse("`$target` is `id` or `type`");
    }
    case "$property":
      return checkProperty(written, place, refuse);
    case "$secret": {
      const secrets = place.index.connections.get(place.uses.connection)?.secrets ?? [];
      return secrets.includes(written)
        ? []
        : refuse(
            `the connection ${quote(place.uses.connection)} declares no secret ${quote(written)}`,
            suggestName(written, secrets),
          );
    }
    case "$fence": {
      if (place.isObserve) return refuse("a read has nothing to compare");
      if (place.isAboutOperation === true) return refuse("a call about an operation has nothing to compare");
      const fence = place.target === null ? null : (place.index.types.get(place.target.type)?.observe?.fence ?? null);
      return fence === null ? refuse("the target's type declares no `fence`") : [];
    }
    case "$key":
      return place.isObserve || place.isAboutOperation === true ? refuse("this call needs no key") : [];
    case "$operation":
      if (place.isAboutOperation !== true) return refuse("no operation has been started yet");
      return written === "id" ? [] : refuse("`$operation` is `id`");
  }
}

function checkProperty(
  name: string,
  place: TemplatePlace,
  refuse: (message: string, hint?: string) => readonly Problem[],
): readonly Problem[] {
  const { target, index } = place;
  if (target === null) return refuse("the action has no target");
  const objects = index.domain.inventory.filter((object) => object.type === target.type);
  const without = objects.find((object) => !object.properties.some((property) => property.name === name));
  if (without === undefined) return [];
  const known = without.properties.map((property) => property.name);
  return refuse(`${quote(`${without.type}/${without.id}`)} has no property ${quote(name)}`, suggestName(name, known));
}
