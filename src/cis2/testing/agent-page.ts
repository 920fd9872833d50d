import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { page } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { presencePath } from '../../../identity-agent/protocol.ts';
import type { TestAgent } from './test-agent.ts';

/** The agent's origin for a real browser: a page with the policies of real pages, then a redirect back. */
export interface AgentPage {
  url: string;
  agent: TestAgent | undefined;
  /** Whether it shows a page before it redirects back. */
  asks: boolean;
  /** Whether its presence is a success. */
  isThere: boolean;
  stop(): Promise<void>;
}

export async function startAgentPage(): Promise<AgentPage> {
  const server = createServer(async (request, response) => {
    const address = new URL(request.url ?? '/', agentPage.url);
    if (address.pathname === presencePath) {
      response.writeHead(agentPage.isThere ? 200 : 502, { 'access-control-allow-origin': '*' }).end();
      return;
    }
    if (address.pathname === '/v1/cis2' && agentPage.asks) {
      const question = page(
        200,
        html`<!doctype html><title>PIN</title><a id="pin" href="/go${address.search}">Give the PIN</a>`,
      );
      response.writeHead(question.status, question.headers).end(question.body);
      return;
    }
    if (address.pathname !== '/go' && address.pathname !== '/v1/cis2') {
      response.writeHead(404).end();
      return;
    }
    const location = await agentPage.agent?.answer(address.href);
    response.writeHead(302, { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agentPage: AgentPage = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    agent: undefined,
    asks: true,
    isThere: true,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return agentPage;
}
