import { spawn } from 'node:child_process';
import { OperatorError } from '@alongside/kernel/operator';
import { type AgentConfiguration, type AgentStatus, methods, notifications } from '../protocol.ts';
import { AgentConnection } from '../socket/client.ts';
import type { Command } from './command.ts';

/**
 * Program that opens an address in the user's browser, by system. On Windows not `explorer`, which opens a folder for an address with a
 * query, and ends with 1.
 */
const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
export const openerOf = (platform: NodeJS.Platform): readonly [string, ...string[]] =>
  openers[platform] ?? ['xdg-open'];

/** Opens an address; resolves when its program was found, which may outlive this one. @throws OperatorError */
function open(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const [opener, ...first] = openerOf(process.platform);
    const child = spawn(opener, [...first, address], { stdio: 'ignore', detached: true });
    child.on('spawn', resolve);
    child.on('error', () => reject(new OperatorError(`${opener} is needed and is not on this machine.`)));
    child.unref();
  });
}

/** Returns an address of the agent on loopback; no other is opened. @throws OperatorError */
function pageOf(page: unknown): string {
  const { protocol, hostname, href } = URL.parse(String(page)) ?? {};
  if (protocol !== 'http:' || !/^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname ?? '') || !href)
    throw new OperatorError('The Identity Agent names a page that is not on this machine.');
  return href;
}

export const openPages: Command = {
  name: 'open-pages',
  summary: 'open the sign-in page when the agent needs the user and no page is open, until stopped',
  async run({ socket, json, terminal }) {
    const end = Promise.withResolvers<number>();
    const show = async (page: unknown): Promise<void> => {
      const address = pageOf(page);
      await open(address);
      terminal.out(`${json ? JSON.stringify({ opened: address }) : `Opened ${address}`}\n`);
    };
    const agent = await AgentConnection.open(socket, (event, params) => {
      if (event === 'questionOpened') show((params as { page?: unknown }).page).catch(end.reject);
    });
    agent.onClose(() => end.reject(new OperatorError('The Identity Agent closed the connection.')));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.resolve(0));
    const begin = async (): Promise<void> => {
      await agent.call(methods.subscribe, {
        events: notifications.filter((name) => name === 'questionOpened'),
      });
      const { question } = await agent.call<AgentStatus>(methods.status);
      const { url } = await agent.call<AgentConfiguration>(methods.configuration);
      if (question !== null) await show(new URL('/sign-in', url));
    };
    begin().catch(end.reject);
    try {
      return await end.promise;
    } finally {
      agent.close();
    }
  },
};
