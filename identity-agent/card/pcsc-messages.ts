/** Settings of the pcsc-mini process, its one argument in JSON. */
export interface PcscSettings {
  /** Name of the package, or the path of its main file. */
  readonly module: string;
}

/** The error of a failed request: PC/SC's name, such as `RemovedCard`. */
export interface PcscFailure {
  readonly code: string;
  readonly message: string;
}

/** Messages that are not responses. */
export type PcscEvent =
  | { readonly told: 'plugged' | 'unplugged'; readonly reader: string }
  | ({ readonly told: 'moved'; readonly reader: string } & PcscMovement)
  | { readonly told: 'failed'; readonly reason: string };

/** A reader's new state. */
export interface PcscMovement {
  readonly present: boolean;
  /** Whether there is a card that does not respond. */
  readonly mute: boolean;
  /** PC/SC's event count of this reader: a different count means another insertion. */
  readonly movements: number;
}
