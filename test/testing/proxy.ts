import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

/** A TCP proxy on loopback that can behave like a faulty network or server. */
export interface FaultyProxy {
  readonly port: number;
  /** Accepts connections and bytes, and forwards nothing until `resume`. */
  stall(): void;
  /** Forwards the delayed bytes. */
  resume(): void;
  /** Forwards each message with this delay. */
  delay(milliseconds: number): void;
  /** Closes every connection. */
  drop(): void;
  /** Accepts no connections until `accept`, and closes existing ones. */
  refuse(): void;
  accept(): void;
  /** Connects new connections to another server. */
  redirect(target: NetConnectOpts): void;
  close(): Promise<void>;
}

export async function startProxy(target: NetConnectOpts): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  let isRefusing = false;
  let latency = 0;
  let leadsTo = target;
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from);
    if (isStalled) from.pause();
    // In order, also when the latency changes: each timer forwards the oldest part.
    const late: (Buffer | 'end')[] = [];
    const forward = () => {
      const part = late.shift();
      if (part === 'end') to.end();
      else if (part && to.writable && !to.write(part)) from.pause();
    };
    const send = (part: Buffer | 'end') => {
      late.push(part);
      if (latency === 0 && late.length === 1) forward();
      else setTimeout(forward, latency);
    };
    from.on('data', send);
    to.on('drain', () => {
      if (!isStalled) from.resume();
    });
    // Closes the other end too, which a silent server does not notice.
    from.on('end', () => send('end'));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (client) => {
    if (isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...leadsTo, allowHalfOpen: true });
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    delay(milliseconds) {
      latency = milliseconds;
    },
    drop,
    refuse() {
      isRefusing = true;
      drop();
    },
    accept() {
      isRefusing = false;
    },
    redirect(other) {
      leadsTo = other;
    },
    async close() {
      drop();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
