import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Connection {
  socket: Socket;
  /** Number of requests without a complete response. */
  requests: number;
}

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Tracks the connections of a server, to close idle ones at once at shutdown and the others after their response. */
export class Connections {
  readonly #open = new Map<string, Connection>();
  #isEnding = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#add(socket));
    server.on('request', (request, response) => this.#count(request, response));
  }

  /** Closes idle connections now, and each of the others when it becomes idle. */
  endUnused(): void {
    this.#isEnding = true;
    for (const { socket, requests } of this.#open.values()) if (requests === 0) socket.destroy();
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
    // Identified by the remote end: over TLS, the socket of a request is not the socket of its connection.
    const name = nameOf(socket);
    const connection = { socket, requests: 0 };
    this.#open.set(name, connection);
    socket.once('close', () => {
      if (this.#open.get(name) === connection) this.#open.delete(name);
    });
  }

  #count({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.#open.get(nameOf(socket));
    if (!connection) return;
    connection.requests += 1;
    response.once('close', () => {
      connection.requests -= 1;
      if (this.#isEnding && connection.requests === 0) socket.destroySoon();
    });
  }
}
