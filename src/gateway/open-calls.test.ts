import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { sql } from '../storage/database.ts';
import type { PersonNow } from './people.ts';
import { type RunningGateway, role, startGateway } from './testing/gateway.ts';
import { addDefinition, openDraft } from './testing/published.ts';
import { startUpstream, type TestUpstream } from './testing/upstream.ts';

const issuer = 'https://issuer.example';
const operations = ['/events', '/file', '/open']
  .map((path) => `  ${path}: {get: {responses: {'200': {description: ok}}}}\n`)
  .join('');
const scope = 'urn:nhsd:apim:user-nhs-id:aal3:test';

for (const dialect of ['SQLite', 'PostgreSQL'] as const)
  describe(`a streaming response of an API, on ${dialect}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-open-calls-'));
    let postgres: TestDatabases | undefined;
    let count = 0;
    let upstream: TestUpstream;
    /** Responses of the upstream that are open. */
    let sending: Set<ServerResponse>;
    let gateways: [RunningGateway, RunningGateway];
    let person: PersonNow;
    let opened: IncomingMessage[];

    before(async () => {
      if (dialect === 'PostgreSQL') postgres = await sharePostgres();
      upstream = await startUpstream(({ url }, response) => {
        const type = url === '/events' ? 'text/event-stream' : 'application/octet-stream';
        const length = url === '/file' && { 'content-length': '5000000' };
        response.writeHead(200, { 'content-type': type, ...length });
        response.write(url === '/events' ? 'data: 1\n\n' : 'first');
        if (url === '/open') response.end();
        sending.add(response);
        response.once('close', () => sending.delete(response));
      });
      const setting = (await postgres?.create('open')) ?? `sqlite:${join(folder, 'open.db')}`;
      const start = () => startGateway({}, setting, { people: { issuer, find: async () => person } });
      gateways = [await start(), await start()];
      for (const gateway of gateways) gateway.database.onForeignChange(() => undefined);
      const [{ products, database }] = gateways;
      await products.save({ name: 'test', apis: ['test'], scopes: [], limits: null });
      const draft = openDraft(operations, { upstream: upstream.url }, 'x-alongside: {validate: off}\n');
      const secured = (draft.files['spec.yaml'] ?? '')
        .replace('security: []\n', '')
        .replace(
          '{access: []}',
          '{access: [{grants: {nhs-cis2-aal3: []}}, {grants: {app-level3: []}}], target-identity: [{name: cis2-urid, header: NHSD-Session-URID}]}',
        );
      await addDefinition({ database }, { ...draft, files: { 'spec.yaml': secured } });
    });
    beforeEach(async () => {
      count++;
      sending = new Set();
      opened = [];
      person = { disabled: false, roleIds: [role] };
      for (const { clock } of gateways) clock.advance(1);
      await gateways[0].addApplication(`streaming${count}`, {}, ['test']);
    });
    afterEach(() => {
      for (const response of opened) response.destroy();
    });
    after(async () => {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
      await upstream.stop();
      await postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const issue = (more: Parameters<RunningGateway['issue']>[0] = {}) =>
      gateways[0].issue({ applicationId: `streaming${count}`, scope, ...more });

    /** Opens a response at a process, and returns it with its first data. */
    async function open(at: 0 | 1, token: string, path = '/events'): Promise<IncomingMessage> {
      const request = http.get({
        port: gateways[at].port,
        path: `/test${path}`,
        headers: { authorization: `Bearer ${token}` },
        agent: false,
      });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      opened.push(response);
      assert.equal(response.statusCode, 200);
      await once(response, 'data');
      return response;
    }

    /** Resolves when a response has been cut off; rejects if it ended as if it were complete. */
    async function cutOff(response: IncomingMessage): Promise<void> {
      response.resume().on('error', () => undefined);
      await new Promise((resolve) => response.once('close', resolve));
      assert.equal(response.complete, false, 'the response looks complete');
    }

    const record = sql('SELECT 1 AS one');
    const ends: [what: string, end: (token: string) => Promise<unknown>][] = [
      [
        'its token is revoked',
        (token) => gateways[1].database.run(gateways[1].tokens.revokeStatement(token)),
      ],
      [
        'its authorization is revoked',
        async (token) => {
          const found = await gateways[1].tokens.findAccess(token);
          assert.equal(await gateways[1].tokens.revokeFamily(found?.family ?? '', record), 1);
        },
      ],
      [
        'its session ends',
        async () =>
          assert.equal(
            await gateways[1].tokens.revokeSession(`session${count}`, ['http://127.0.0.1/oauth2'], issuer),
            1,
          ),
      ],
      [
        'its application is revoked',
        async () => {
          const stored = await gateways[1].applications.get(`streaming${count}`);
          assert.ok(stored);
          const revoked = { ...stored, status: 'revoked' as const };
          assert.ok(await gateways[1].applications.replace(revoked, stored.revision));
        },
      ],
      [
        'the account of its user is disabled',
        async () => {
          person = { disabled: true, roleIds: [role] };
          for (const { clock } of gateways) clock.advance(1);
        },
      ],
      [
        'the role of its user is withdrawn',
        async () => {
          person = { disabled: false, roleIds: [] };
          for (const { clock } of gateways) clock.advance(1);
        },
      ],
    ];
    for (const [what, end] of ends)
      test(`is cut off in every process when ${what}`, async () => {
        const token = await issue({ sid: `session${count}` });
        const responses = [await open(0, token), await open(1, token), await open(1, token, '/file')];
        assert.equal(sending.size, 3);
        const closed = [...sending].map((response) => once(response, 'close'));
        const cut = responses.map(cutOff);
        await end(token);
        await Promise.all([...cut, ...closed]);
        for (const { lines } of gateways)
          assert.ok(
            lines.some(({ level, message }) => level === 'info' && message === 'a response was ended'),
          );
      });

    test('is cut off when a later token of its authorization is revoked', async () => {
      const { database, tokens, clock } = gateways[0];
      const first = await tokens.findAccess(await issue());
      assert.ok(first);
      const made = tokens.newAccessToken(first);
      const times = { issuedAt: clock.now(), expiresAt: clock.now() + 600_000 };
      await database.batch(tokens.issueStatements(first, [{ ...first, ...made, ...times, kind: 'access' }]));
      const response = await open(1, made.token);
      const cut = cutOff(response);
      await database.run(tokens.revokeStatement(made.token));
      await cut;
    });

    test('continues after a refresh and after its token has expired, until no refresh token is left', async () => {
      const { database, tokens, clock, call } = gateways[0];
      const token = await issue();
      const grant = (await tokens.findAccess(token))?.grant;
      assert.ok(grant);
      const response = await open(0, token);
      const times = { issuedAt: clock.now(), expiresAt: clock.now() + 3_600_000 };
      const refresh = { ...grant.data, ...tokens.newRefreshToken(), ...times, kind: 'refresh' as const };
      const { statement } = tokens.renewAccess(grant);
      await database.batch([...tokens.issueStatements({ ...grant.data, grant }, [refresh]), statement]);
      assert.equal((await call('/test/events', { token })).status, 401);
      for (const passed of [0, 1_800]) {
        clock.advance(passed);
        // After it is cut off, the check has also looked at the other response.
        const witness = await issue();
        const cut = cutOff(await open(0, witness));
        await database.run(tokens.revokeStatement(witness));
        await cut;
        for (const sent of sending) sent.write('data: 2\n\n');
        assert.match(String((await once(response, 'data'))[0]), /data: 2/);
      }
      const cut = cutOff(response);
      clock.advance(1_800);
      await cut;
    });

    test('of an application without a user is cut off when its token expires', async () => {
      const token = await issue({ uid: null, scope: 'urn:nhsd:apim:app:level3:test', attributes: {} });
      const cut = cutOff(await open(0, token));
      gateways[0].clock.advance(600);
      await cut;
    });

    test('that ends by itself is complete', async () => {
      const answer = await gateways[0].call('/test/open', { token: await issue() });
      assert.equal(await answer.text(), 'first');
    });
  });
