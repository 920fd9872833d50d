import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Connection {
  socket: Socket;
  /** Requests whose answer has not ended. */
  requests: number;
}

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** The connections of a server that stops: those without a request end at once, the others with their answer. */
export class Connections {
  readonly #open = new Map<string, Connection>();
  #isEnding = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#add(socket));
    server.on('request', (request, response) => this.#count(request, response));
  }

  /** Ends connections without a request now, and each of the others once it has none. */
  endUnused(): void {
    this.#isEnding = true;
    for (const { socket, requests } of this.#open.values()) if (requests === 0) socket.destroy();
  }

  /** Ends every connection, whatever is in flight. Returns how many there were. */
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
    // By its far end: over TLS the socket of a request is another object than the one of its connection.
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
