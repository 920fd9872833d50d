import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isProxy, type Peer, peerAt, type TrustedProxies } from './peer.ts';

interface Connection {
  socket: Socket;
  /** Number of requests without a complete response. */
  requests: number;
  /** Whether it ever had a request. */
  isNew: boolean;
}

/** Milliseconds in which a connection that was just accepted may send its first request, although the server is closing. */
const firstRequestWithin = 500;

/** The other end of a connection, which keeps its address and its certificate. */
export interface Caller {
  readonly connection: Connection;
  readonly peer: Peer;
  /** Whether it is a trusted proxy, which may name its client in each request. */
  readonly isProxy: boolean;
  /** Whether its requests may continue its trace: a trusted proxy, or a program of this machine. */
  readonly isTraceTrusted: boolean;
}

const loopback = /^(?:127\.|::1$)/;
const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Tracks the connections of a server, to close idle ones at once at shutdown and the others after their response. */
export class Connections {
  readonly #open = new Map<string, Connection>();
  readonly #callers = new WeakMap<Socket, Caller>();
  readonly #proxies: TrustedProxies | undefined;
  #isEnding = false;

  constructor(server: Server, proxies: TrustedProxies | undefined) {
    this.#proxies = proxies;
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  /** Returns the sender of a request. Its connection counts as used until the response ends. */
  begin({ socket }: IncomingMessage, response: ServerResponse): Caller {
    const caller = this.#callers.get(socket) ?? this.#firstRequestOf(socket);
    const { connection } = caller;
    connection.requests += 1;
    connection.isNew = false;
    response.once('close', () => {
      connection.requests -= 1;
      if (this.#isEnding && connection.requests === 0) socket.destroySoon();
    });
    return caller;
  }

  /**
   * Closes idle connections now, and each of the others when it becomes idle. The request of a new one may be on its way, and its
   * client does not know that the server is closing.
   */
  endUnused(): void {
    this.#isEnding = true;
    for (const connection of this.#open.values()) {
      const { socket, requests, isNew } = connection;
      if (requests > 0) continue;
      if (!isNew) socket.destroy();
      else
        setTimeout(() => {
          if (connection.isNew) socket.destroy();
        }, firstRequestWithin);
    }
  }

  /** Closes every connection at once. Returns the number of closed connections. */
  endAll(): number {
    const { size } = this.#open;
    for (const { socket } of this.#open.values()) socket.destroy();
    return size;
  }

  #add(socket: Socket): void {
    if (this.#isEnding) {
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    const connection = { socket, requests: 0, isNew: true };
    this.#open.set(name, connection);
    socket.once('close', () => {
      if (this.#open.get(name) === connection) this.#open.delete(name);
    });
  }

  #firstRequestOf(socket: Socket): Caller {
    // Identified by the remote end: over TLS, the socket of a request is not the socket of its connection.
    const connection = this.#open.get(nameOf(socket)) ?? { socket, requests: 0, isNew: true };
    const peer = peerAt(socket);
    const trusted = isProxy(peer, this.#proxies);
    const isTraceTrusted = trusted || loopback.test(peer.address);
    const caller = { connection, peer, isProxy: trusted, isTraceTrusted };
    this.#callers.set(socket, caller);
    return caller;
  }
}
