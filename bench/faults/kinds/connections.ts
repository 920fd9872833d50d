import { connect, type Socket } from 'node:net';
import type { Fault } from '../fault.ts';

const connections = 5_000;

export const idleConnections: Fault = {
  name: 'idle-connections',
  summary: '5,000 connections to a process that send nothing',
  async inject({ installation: { platforms }, length, wait, defer }) {
    const port = platforms[0]?.port ?? 0;
    const sockets: Socket[] = [];
    defer(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let n = 0; n < connections; n++) {
      sockets.push(connect(port, '127.0.0.1').on('error', () => undefined));
      if (n % 100 === 0) await wait(5);
    }
    await wait(length);
  },
};

const senders = 300;
const head =
  'POST /oauth2.1/token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 4000\r\n\r\n';

export const slowBodies: Fault = {
  name: 'slow-bodies',
  summary: '300 requests whose bodies come at one byte a second',
  quickOn: ['sqlite'],
  async inject({ installation: { platforms }, length, wait, defer }) {
    const sockets: Socket[] = Array.from({ length: senders }, (_, n) =>
      connect(platforms[n % platforms.length]?.port ?? 0, '127.0.0.1').on('error', () => undefined),
    );
    defer(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (const socket of sockets) socket.write(head);
    for (let passed = 0; passed < length; passed += 1_000) {
      await wait(1_000);
      for (const socket of sockets) if (socket.writable) socket.write('a');
    }
  },
};
