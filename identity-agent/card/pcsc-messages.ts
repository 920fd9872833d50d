/** What the process that has loaded pcsc-mini is told at its start, as its one argument in JSON. */
export interface PcscSettings {
  /** Name of the package, or the path of its main file. */
  readonly module: string;
}

/** What can be asked of it. A handle is the number of a connection to a card. */
export type PcscQuestion =
  | { readonly call: 'start' }
  | { readonly call: 'connect'; readonly reader: string }
  | { readonly call: 'transmit'; readonly handle: number; readonly command: Uint8Array }
  | { readonly call: 'begin' | 'end' | 'reconnect' | 'disconnect'; readonly handle: number };

/** What came of a question that failed: PC/SC's name of the error, such as `RemovedCard`. */
export interface PcscFailure {
  readonly code: string;
  readonly message: string;
}

/** What it says of its own accord. */
export type PcscTold =
  | { readonly told: 'plugged' | 'unplugged'; readonly reader: string }
  | ({ readonly told: 'moved'; readonly reader: string } & PcscMovement)
  | { readonly told: 'failed'; readonly reason: string };

/** A reader's state after something has changed there. */
export interface PcscMovement {
  readonly present: boolean;
  /** There is a card and it does not answer. */
  readonly mute: boolean;
  /** PC/SC's count of the movements at this reader: another one means another insertion. */
  readonly movements: number;
}
