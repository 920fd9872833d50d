/** Settings of the PC/SC process, its one argument in JSON. */
export interface PcscSettings {
  /** Name of pcsc-mini, or the path of its main file; null for the system's own library. */
  readonly module: string | null;
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

type Result<T> = T | Promise<T>;

/** The requests: the readers of this machine and the connections to their cards. A handle is the number of a connection. */
export interface ReaderCalls {
  /** Starts watching. @throws if no PC/SC service is running */
  start(): Result<void>;
  connect(reader: string): Result<number>;
  transmit(handle: number, command: Uint8Array): Result<Uint8Array>;
  begin(handle: number): Result<void>;
  end(handle: number): Result<void>;
  reconnect(handle: number): Result<void>;
  disconnect(handle: number): Result<void>;
}
