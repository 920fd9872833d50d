import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Milliseconds between two polls of a target's `/readyz`, and its time limit. */
const every = 100;
const timeout = 1_000;

/** A TCP load balancer on loopback, which connects to the ready processes in turn. */
export class Balancer {
  readonly #ports: readonly number[];
  readonly #ready = new Set<number>();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#lead(client));
  readonly #timers: NodeJS.Timeout[] = [];
  #turn = 0;

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  static async start(port: number, targets: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(targets);
    balancer.#server.listen(port, '127.0.0.1');
    await once(balancer.#server, 'listening');
    for (const target of targets) balancer.#watch(target);
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  isReady(target: number): boolean {
    return this.#ready.has(target);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #watch(target: number): void {
    const look = async () => {
      const signal = AbortSignal.timeout(timeout);
      const answer = await fetch(`http://127.0.0.1:${target}/readyz`, { signal }).catch(() => undefined);
      await answer?.body?.cancel().catch(() => undefined);
      if (answer?.status === 200) this.#ready.add(target);
      else this.#ready.delete(target);
    };
    void look();
    this.#timers.push(setInterval(() => void look(), every));
  }

  #lead(client: Socket): void {
    const ready = this.#ports.filter((port) => this.#ready.has(port));
    // Without a ready process, it still tries.
    const choice = ready.length > 0 ? ready : this.#ports;
    const port = choice[this.#turn++ % choice.length] ?? 0;
    const upstream = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroySoon();
      });
    }
  }
}
