import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { call, demand } from '../peers/call.ts';
import type { Operation } from '../peers/scenarios.ts';

type Program = 'bare-server.ts' | 'bare-proxy.ts';

/** A bare server or proxy of Node, in a process of its own. */
export interface BareServer {
  readonly address: string;
  readonly pid: number;
  /** Prepares the API call at this address, or at this server. */
  prepare(lanes: number, each: number, address?: string): Promise<Operation[][]>;
  stop(): void;
}

/**
 * Starts the bare server that responds like an API call, or a bare proxy to an upstream. Throws if the gateway does not refuse the
 * call without its token.
 */
export async function startBare(
  program: Program,
  address: string,
  token: string,
  upstream?: string,
): Promise<BareServer> {
  const headers = { authorization: `Bearer ${token}`, 'x-request-id': randomUUID() };
  const { body } = await demand(200, address, { headers });
  if ((await call(address, { headers: { ...headers, authorization: 'Bearer another' } })).status !== 401)
    throw new Error('The gateway accepts another token.');
  const file = fileURLToPath(new URL(`./${program}`, import.meta.url));
  const child = spawn(process.execPath, [file, upstream ?? body], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [unknown];
  const own = String(line).trim();
  return {
    address: own,
    pid: child.pid ?? 0,
    prepare: async (lanes, each, at = own) =>
      Array.from({ length: lanes }, () =>
        Array.from({ length: each }, () => async () => void (await demand(200, at, { headers }))),
      ),
    stop: () => child.kill(),
  };
}
