const real = Date.now;
let offset = 0;

/** Time that goes by for every clock in this process that reads `Date.now`: the harness and both providers. */
export function passTime(seconds: number): void {
  offset += seconds * 1_000;
  Date.now = () => real() + offset;
}

/** Back to the real time. */
export function realTime(): void {
  offset = 0;
  Date.now = real;
}

/** Seconds since the epoch. */
export const now = (): number => Math.floor(Date.now() / 1_000);
