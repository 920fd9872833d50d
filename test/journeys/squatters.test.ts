import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Readiness } from '@alongside/kernel/health';
import { silentLog } from '@alongside/kernel/log';
import { trustedProxies } from '@alongside/kernel/peer';
import { socketFault } from '@alongside/kernel/peer-user';
import { createAgentListener } from '../../identity-agent/listener.ts';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { type Ports, portsFrom } from '../../src/boot/addresses.ts';
import { startListeners } from '../../src/boot/listeners.ts';
import { AgentSocket } from '../../src/console/model/agent-socket.ts';
import { serveAsAnotherUser } from '../testing/another-user.ts';

// Only root can act as another user; kernel/port-owner.test.ts covers the rest.
if (process.getuid?.() === 0)
  describe('a port that another user of the machine took first', () => {
    const squat = async (t: TestContext, address: string) => (await serveAsAnotherUser(t, { address })).port;
    const publicUrls = {} as Record<keyof Ports, undefined>;
    const startCis2 = (port: number) =>
      startListeners([{ listener: 'cis2', service: { routes: [] }, log: silentLog }], {
        ports: { ...portsFrom(0), cis2: port },
        held: false,
        host: '127.0.0.1',
        recorder: { flush: () => undefined },
        refusals: { record: () => undefined },
        development: true,
        proxies: trustedProxies([]),
        tls: undefined,
        theme: (routes) => [...routes],
        urls: publicUrls,
        readiness: new Readiness([], silentLog),
      });
    const listeners = {
      'the Identity Agent': () =>
        createAgentListener([], {
          log: silentLog,
          before: () => undefined,
        }),
      cis2: () => ({ listen: startCis2 }),
    };
    for (const [name, create] of Object.entries(listeners)) {
      test(`keeps ${name} from starting, and the error names the user`, async (t) => {
        const port = await squat(t, '127.0.0.1');
        const listener = create();
        await assert.rejects(
          async () => await listener.listen(port),
          new RegExp(
            `Port ${port} is in use, so ${name} cannot start. Another user of this machine \\(uid 65534\\)`,
          ),
        );
      });

      test(`keeps ${name} from starting at another address of loopback too`, async (t) => {
        const port = await squat(t, '127.0.0.2');
        const listener = create();
        await assert.rejects(
          async () => await listener.listen(port),
          new RegExp(`Port ${port} is not ours alone, so ${name} does not start`),
        );
        const again = createServer().listen(port, '127.0.0.1');
        await once(again, 'listening');
        again.close();
      });
    }

    test('a socket that another user created first is not used', async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'alongside-squat-'));
      t.after(() => rm(folder, { recursive: true }));
      const path = join(folder, 'agent.sock');
      let connections = 0;
      const server = createServer((socket) => {
        connections += 1;
        socket.destroy();
      }).listen(path);
      await once(server, 'listening');
      t.after(() => server.close());
      assert.equal(await socketFault(path), undefined);
      await chown(path, 65_534, 65_534);
      await assert.rejects(AgentConnection.open(path), /belongs to another user \(uid 65534\)/);
      await assert.rejects(new AgentSocket(path).call('status'), /belongs to another user/);
      assert.equal(connections, 0);
    });
  });
