import { callerNetwork } from '@alongside/kernel/networks';

/** Maximum number of networks counted separately in a minute; calls of all others are counted together. */
const mostNetworks = 1_000;

export interface UnprovenSum {
  endpoint: string;
  network: string;
  count: number;
}

/** Counts refused unauthenticated callers, so that a flood of them does not fill the audit log. */
export class UnprovenSums {
  #sums = new Map<string, UnprovenSum>();

  add(endpoint: string, address: string): void {
    const network = callerNetwork(address);
    const full = this.#sums.size >= mostNetworks;
    const key = `${endpoint} ${full && !this.#sums.has(`${endpoint} ${network}`) ? 'others' : network}`;
    const sum = this.#sums.get(key) ?? { endpoint, network: key.slice(endpoint.length + 1), count: 0 };
    sum.count += 1;
    this.#sums.set(key, sum);
  }

  /** Returns the sums so far and resets them. */
  take(): UnprovenSum[] {
    const sums = [...this.#sums.values()];
    this.#sums = new Map();
    return sums;
  }
}
