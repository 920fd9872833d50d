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
