/** Somebody who gives commands. */
interface Actor {
  readonly kind: "person" | "agent" | "service";
  readonly id: string;
}

/** A person by name, an agent or a service by kind and name: an agent may bear the name of a person. */
export function actorName({ kind, id }: Actor): string {
  return kind === "person" ? id : `${kind} ${id}`;
}

/**
 * The one whose words an intent is. An agent or a service that gave it is named as such.
 *
 * @param by - the name that the intent has
 * @param viewer - who reads it, so that a person is called "you"; `null` if that is not known
 */
export function askerName(by: string, preparedBy: Actor | null, viewer: string | null = null): string {
  if (preparedBy !== null && preparedBy.kind !== "person" && preparedBy.id === by) return actorName(preparedBy);
  return by === viewer ? "you" : by;
}

/** Who had a plan made, and whom they name besides; `null` where that is simply the person named. */
export function describePreparer(preparedBy: Actor | null, onBehalfOf: string): string | null {
  if (preparedBy === null) return null;
  const name = actorName(preparedBy);
  return preparedBy.id === onBehalfOf ? name : `${name}, who names ${onBehalfOf}; ${onBehalfOf} has confirmed nothing`;
}
