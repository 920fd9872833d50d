const RealDate = Date;
let offset = 0;

/** The clock of this process for the harness and both providers, however they read it. */
class ShiftedDate extends RealDate {
  // biome-ignore lint/suspicious/noExplicitAny: Date accepts any arguments.
  constructor(...parts: any[]) {
    super(...((parts.length === 0 ? [ShiftedDate.now()] : parts) as [number]));
  }

  static override now(): number {
    return RealDate.now() + offset;
  }
}

/** Advances every clock in this process. None goes back: the plans share their providers. */
export function passTime(seconds: number): void {
  offset += seconds * 1_000;
  globalThis.Date = ShiftedDate as DateConstructor;
}

/** Seconds since the epoch. */
export const now = (): number => Math.floor(Date.now() / 1_000);
