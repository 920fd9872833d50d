import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { call, demand } from '../peers/call.ts';
import type { Operation } from '../peers/scenarios.ts';

const program = fileURLToPath(new URL('./bare-server.ts', import.meta.url));

/** Node's bare HTTP server, which responds to every request with the bytes of an API call. */
export interface BareServer {
  readonly name: string;
  readonly pid: number;
  /** Prepares the API call at this address, or at the bare server. */
  prepare(lanes: number, each: number, address?: string): Promise<Operation[][]>;
  stop(): void;
}

/** Starts the bare server for an API call. Throws if the gateway does not refuse the call without its token. */
export async function startBareServer(address: string, token: string): Promise<BareServer> {
  const headers = { authorization: `Bearer ${token}`, 'x-request-id': randomUUID() };
  const { body } = await demand(200, address, { headers });
  if ((await call(address, { headers: { ...headers, authorization: 'Bearer another' } })).status !== 401)
    throw new Error('The gateway accepts another token.');
  const child = spawn(process.execPath, [program, body], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [unknown];
  const own = String(line).trim();
  return {
    name: 'bare HTTP server',
    pid: child.pid ?? 0,
    prepare: async (lanes, each, at = own) =>
      Array.from({ length: lanes }, () =>
        Array.from({ length: each }, () => async () => void (await demand(200, at, { headers }))),
      ),
    stop: () => child.kill(),
  };
}
