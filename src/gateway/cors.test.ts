import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pdsBase, type RunningGateway, startGateway } from './testing/gateway.ts';

const own = 'https://spa.test';
const paths = [`${pdsBase}/Patient/9000000009`, '/hello-world/hello/user', '/canary-api'];

/** A gateway with a public client that has a callback with this origin. */
async function start(cors: boolean): Promise<RunningGateway> {
  const gateway = await startGateway({ cors });
  await gateway.addStandardApplication('spa', ['hello']);
  const { revision = 0, ...spa } = (await gateway.applications.get('spa')) ?? assert.fail();
  const { platform } = spa;
  assert.ok(platform);
  const open = { ...platform, tokenEndpointAuthMethod: 'none', callbackUrls: [`${own}/callback`] };
  await gateway.applications.replace({ ...spa, platform: open }, revision);
  return gateway;
}

const preflight = (gateway: RunningGateway, path: string, origin: string) =>
  gateway.call(path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'dpop' },
  });

describe('CORS at the gateway', () => {
  describe('if enabled', () => {
    let gateway: RunningGateway;
    before(async () => {
      gateway = await start(true);
    });
    after(() => gateway.stop());

    for (const path of paths) {
      test(`${path} allows pages of a registered public client, including errors`, async () => {
        const { status, headers } = await preflight(gateway, path, own);
        assert.equal(status, 204);
        assert.match(
          headers.get('access-control-allow-headers') ?? '',
          /dpop.*nhsd-session-urid.*x-request-id/,
        );
        assert.match(headers.get('access-control-allow-methods') ?? '', /GET.*PATCH/);
        const refused = await gateway.call(path, { headers: { origin: own } });
        assert.equal(refused.status, 401);
        for (const got of [headers, refused.headers]) {
          assert.equal(got.get('access-control-allow-origin'), own);
          assert.equal(got.get('access-control-allow-credentials'), null);
          assert.equal(got.get('vary'), 'Origin');
        }
      });
      test(`${path} does not allow other pages`, async () => {
        for (const { headers } of [
          await preflight(gateway, path, 'https://other.test'),
          await gateway.call(path, { headers: { origin: 'https://other.test' } }),
        ])
          assert.equal(headers.get('access-control-allow-origin'), null);
      });
    }
  });

  test('is off by default: only the published preflight response is sent, and pages can read nothing', async () => {
    const gateway = await start(false);
    const [call, asked] = [
      await gateway.call(paths[0] as string, { headers: { origin: own } }),
      await preflight(gateway, '/canary-api', own),
    ];
    await gateway.stop();
    assert.equal(call.headers.get('access-control-allow-origin'), null);
    assert.notEqual(asked.status, 204);
  });
});
