import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseOwnJson } from '@alongside/kernel/json';
import { localSocket } from '../../../test/testing/platform.ts';

/** Starts a local socket that responds with the results of the handlers. A thrown object is sent as the error. */
export async function startSocket(
  handlers: Record<string, (params: Record<string, unknown>) => unknown>,
): Promise<{
  path: string;
  calls: { method: string; params: unknown }[];
  hangUp(): void;
  close(): Promise<void>;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-console-'));
  const path = localSocket(folder, 'agent.sock');
  const calls: { method: string; params: unknown }[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    let pending = '';
    let writing = Promise.resolve();
    socket.on('data', (piece) => {
      const lines = (pending + piece.toString()).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const { id, method, params } = parseOwnJson<{
          id: number;
          method: string;
          params: Record<string, unknown>;
        }>(line);
        calls.push({ method, params });
        let reply: object;
        try {
          const result = handlers[method]?.(params);
          if (result === undefined) continue;
          reply = { result };
        } catch (error) {
          reply = { error };
        }
        // Sends a notification first, then the response in two parts.
        const notification = `${JSON.stringify({ jsonrpc: '2.0', method: 'cardInserted', params: {} })}\n`;
        writing = writing.then(() => void socket.write(notification));
        const text = `${JSON.stringify({ jsonrpc: '2.0', id, ...reply })}\n`;
        writing = writing.then(async () => {
          socket.write(text.slice(0, 7));
          await setImmediate();
          socket.write(text.slice(7));
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    calls,
    hangUp: () => {
      for (const socket of open) socket.destroy();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
