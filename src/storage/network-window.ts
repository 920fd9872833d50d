import type { Clock } from '@alongside/kernel/clock';
import { callerNetwork } from '@alongside/kernel/networks';

const length = 600_000;
/** Maximum number of networks counted separately. */
const mostNetworks = 10_000;

/** Limits what one network may have stored in ten minutes, so that it cannot displace what others did. */
export class NetworkWindow {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #counts = new Map<string, number>();
  #end = 0;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Counts one more of the network of an address. Returns whether it is within the limit. */
  admits(address: string): boolean {
    const now = this.#clock.now();
    if (now >= this.#end || this.#counts.size > mostNetworks) {
      this.#counts.clear();
      this.#end = now + length;
    }
    const network = callerNetwork(address);
    const count = this.#counts.get(network) ?? 0;
    this.#counts.set(network, count + 1);
    return count < this.#most;
  }
}
