import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Module } from '../module.ts';
import { RelyingParty, signedOut } from '../relying-party.ts';
import { now } from '../time.ts';
import type { Trial } from '../trial.ts';

interface Delivery {
  method: string;
  type: string;
  form: URLSearchParams;
}

/** Starts the client's endpoint for logout tokens; resolves with the first delivery. */
async function startReceiver({ provider }: Trial) {
  let deliver: (delivery: Delivery) => void = () => undefined;
  const delivered = new Promise<Delivery>((resolve) => {
    deliver = resolve;
  });
  const receive: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      response.end();
      deliver({
        method: request.method ?? '',
        type: request.headers['content-type'] ?? '',
        form: new URLSearchParams(Buffer.concat(parts).toString()),
      });
    });
  };
  const certificate = provider.certify?.('localhost');
  const server = certificate ? createSecureServer(certificate, receive) : createServer(receive);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const late = AbortSignal.timeout(10_000);
  const tooLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error('no logout token came within 10 s')));
  });
  return {
    address: `${certificate ? 'https://localhost' : 'http://127.0.0.1'}:${port}/backchannel`,
    delivered: () => Promise.race([delivered, tooLate]),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** OpenID Connect Back-Channel Logout 1.0. */
export const backChannel: readonly Module[] = [
  {
    id: 'oidcc-backchannel-logout-discovery-endpoint-verification',
    async run(trial) {
      const discovery = await trial.discovery();
      assert.equal(discovery.backchannel_logout_supported, true);
      assert.equal(typeof discovery.backchannel_logout_session_supported, 'boolean');
      assert.ok(URL.canParse(String(discovery.end_session_endpoint)));
    },
  },
  {
    id: 'oidcc-backchannel-rp-initiated-logout',
    async run(trial) {
      const receiver = await startReceiver(trial);
      try {
        const rp = await RelyingParty.register(trial, { backchannelLogoutUri: receiver.address });
        const { tokens, idToken } = await rp.signIn();
        const leave = new URLSearchParams({
          id_token_hint: tokens.id_token,
          post_logout_redirect_uri: signedOut,
        });
        await rp.goOn(await rp.browser.go(`${rp.endpoint('end_session_endpoint')}?${leave}`));
        const { method, type, form } = await receiver.delivered();
        assert.equal(method, 'POST');
        assert.match(type, /^application\/x-www-form-urlencoded/);
        const { header, claims } = await rp.verify(form.get('logout_token') ?? '');
        assert.match(String(header.typ ?? 'logout+jwt'), /^(logout\+jwt|JWT)$/i);
        assert.equal(header.alg, idToken.header.alg, 'signed as ID tokens are (section 2.4)');
        assert.equal(typeof claims.jti, 'string', 'jti');
        assert.ok(Math.abs(Number(claims.iat) - now()) < 30, 'iat');
        assert.ok(Number(claims.exp) > now(), 'exp');
        assert.deepEqual(claims.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
        assert.equal(claims.nonce, undefined, 'a nonce is forbidden');
        assert.ok(claims.sub !== undefined || claims.sid !== undefined, 'sub or sid');
        if (claims.sub !== undefined) assert.equal(claims.sub, idToken.claims.sub);
        if (claims.sid !== undefined) assert.equal(claims.sid, idToken.claims.sid);
        if (rp.discovery.backchannel_logout_session_supported === true)
          assert.equal(typeof claims.sid, 'string', 'sid is supported');
      } finally {
        receiver.stop();
      }
    },
  },
];
