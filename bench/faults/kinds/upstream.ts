import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault } from '../fault.ts';

export const upstreamDown: Fault = {
  name: 'upstream-down',
  summary: 'CIS2 takes no connections from the API platform and the browsers',
  quickOn: ['sqlite'],
  async inject({ installation: { cis2 }, length, wait, defer }) {
    defer(() => cis2.accept());
    cis2.refuse();
    await wait(length);
  },
};

export const upstreamSlow: Fault = {
  name: 'upstream-slow',
  summary: 'each message of CIS2 is 300 ms late, and in the middle nothing comes for a second',
  async inject({ installation: { cis2 }, length, wait, defer }) {
    defer(() => {
      cis2.delay(0);
      cis2.resume();
    });
    cis2.delay(300);
    await wait(length / 2);
    cis2.stall();
    await wait(1_000);
    cis2.resume();
    await wait(length / 2);
  },
};

const lies = [
  ['application/json', '{}'],
  ['application/json', '{"access_token": "a", "id_token": "eyJhbGciOiJub25lIn0.e30.", "expires_in": -1}'],
  ['application/json', '{"keys": [{"kty": "RSA"}]}'],
  ['application/json', '['.repeat(10_000)],
  ['text/html', '<h1>It works!</h1>'],
] as const;

/** Endpoints for services. Browsers still reach CIS2, because otherwise no code would return. */
const asked = /\/(access_token|userinfo|connect\/jwk_uri|\.well-known\/openid-configuration)$/;

export const upstreamLying: Fault = {
  name: 'upstream-lying',
  summary: 'CIS2 answers the API platform with status 200 and nonsense: empty, nested, unsigned',
  quickOn: ['sqlite'],
  async inject({ installation: { cis2, cis2Port }, length, wait, defer }) {
    let turn = 0;
    const liar = createServer((request, response) => {
      const { method, url: path = '', headers } = request;
      if (!asked.test(path)) {
        const passed = ask({ port: cis2Port, host: '127.0.0.1', method, path, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        passed.on('error', () => response.destroy());
        request.pipe(passed);
        return;
      }
      const [type, body] = lies[turn++ % lies.length] ?? lies[0];
      response.writeHead(200, { 'content-type': type }).end(body);
    });
    liar.listen(0, '127.0.0.1');
    await once(liar, 'listening');
    defer(() => {
      cis2.redirect({ port: cis2Port, host: '127.0.0.1' });
      cis2.drop();
      liar.closeAllConnections();
      liar.close();
    });
    cis2.redirect({ port: (liar.address() as AddressInfo).port, host: '127.0.0.1' });
    cis2.drop();
    await wait(length);
  },
};
