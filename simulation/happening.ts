/** Something that can happen next in a schedule. */
export interface Happening {
  readonly name: string;
  readonly happen: () => void;
}
