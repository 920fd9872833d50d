import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import tls, { type TLSSocket } from 'node:tls';
import { Vault } from '@alongside/kernel/secrets';
import { makeAuthority, type TestAuthority } from '../../../test/testing/authority.ts';
import { type ApiDraft, DefinitionError } from '../protocol.ts';
import { type RunningGateway, startGateway } from '../testing/gateway.ts';
import { addDefinition } from '../testing/published.ts';
import { startUpstream, type TestUpstream } from '../testing/upstream.ts';
import { readDefinition } from './read.ts';
import { ApiRegister, reportOf } from './register.ts';
import { ApiDefinitions } from './store.ts';

const vault = new Vault(Buffer.alloc(32, 7));

const draftOf = (extension: string, upstream: string, security = 'security: []'): ApiDraft => ({
  entry: 'spec.yaml',
  files: {
    'spec.yaml': `openapi: 3.0.3
servers: [{url: /test}]
${security}
x-nhsd-apim:
  access: [{grants: {app-level3: []}}]
${extension}
x-alongside: {validate: off}
paths:
  /a: {get: {responses: {'200': {description: ok}}}}
`,
  },
  upstream,
});
/** A name that looks like a secret itself. */
const secret = 'eps-int-2-x7y8z9-client-key-0001';
const secured = (security: string): string => `  target: {type: external, security: ${security}}`;

describe('the target of a definition', () => {
  let gateway: RunningGateway;
  let register: ApiRegister;
  let authority: TestAuthority;
  let plain: TestUpstream;
  before(async () => {
    gateway = await startGateway({}, ':memory:', { vault });
    register = new ApiRegister({ ...gateway, ...gateway.dependencies, vault });
    authority = makeAuthority();
    plain = await startUpstream((_, response) => response.end('ok'));
    await gateway.products.save({ name: 'test', apis: ['test'], scopes: [], limits: null });
  });
  after(async () => {
    await gateway.stop();
    await plain.stop();
    authority.discard();
  });

  const lastDetail = () =>
    String(gateway.lines.findLast(({ message }) => message === 'call')?.fields.detail ?? '');

  test('gets its API key in the header that it names, never that of the client', async () => {
    const security = secured(`{type: apikey, header: X-Key, secret: ${secret}}`);
    await addDefinition(gateway, { ...draftOf(security, plain.url), secrets: [secret] });
    const call = () =>
      gateway.call('/test/a', { headers: { 'x-key': 'forged', 'x-correlation-id': 'unkeyed-1' } });
    assert.equal((await call()).status, 500);
    const found = await gateway.refusals.find('unkeyed-1');
    assert.deepEqual(
      [found?.error, found?.actor, found?.fix],
      [
        'gateway.targetSecretMissing',
        'operator',
        `Store it: alongside api edit test --secret ${secret}=@FILE.`,
      ],
    );
    await register.setSecret(secret, 'of the upstream');
    assert.equal((await call()).status, 200);
    assert.equal(plain.requests.at(-1)?.headers['x-key'], 'of the upstream');
    await register.setSecret(secret, 'changed');
    assert.equal((await call()).status, 200);
    assert.equal(plain.requests.at(-1)?.headers['x-key'], 'changed');
    assert.doesNotMatch(JSON.stringify(gateway.lines), /of the upstream|changed/);
  });

  test('gets no stored secret that only the definition names, such as that of another API', async () => {
    await register.setSecret('of-another', 'secret of another API');
    const security = secured('{type: apikey, header: X-Key, secret: of-another}');
    await addDefinition(gateway, draftOf(security, plain.url));
    assert.equal((await gateway.call('/test/a')).status, 200);
    assert.doesNotMatch(JSON.stringify(plain.requests.at(-1)?.headers), /secret of another API/);
  });

  test('is reported without its secret as soon as it is added, with the flag that stores it', async () => {
    const security = secured('{type: apikey, secret: missing-1}');
    const draft = { ...draftOf(security, plain.url), basePath: '/unkeyed', secrets: ['missing-1'] };
    const warning =
      'The secret missing-1 is not stored, so each call fails. Store it: alongside api edit unkeyed --secret missing-1=@FILE.';
    assert.ok((await register.add(draft, () => [])).warnings.includes(warning));
    const listed = async () => (await register.list()).find(({ name }) => name === 'unkeyed')?.notice;
    assert.equal(await listed(), warning);
    await register.setSecret('missing-1', 'x');
    assert.equal(await listed(), null);
  });

  test('keeps the secret that an earlier version used, until the upstream changes', async () => {
    await register.setSecret('former-1', 'x');
    const security = secured('{type: apikey, secret: former-1}');
    const draft = { ...draftOf(security, plain.url), basePath: '/former' };
    const record = await readDefinition({ ...draft, secrets: ['former-1'] });
    await new ApiDefinitions(gateway.database).save(record, { ...draft, name: 'former' }, 0);
    const change = async (patch: object) => (await register.change('former', patch, () => undefined))?.target;
    assert.match(JSON.stringify(await change({ validate: 'off' })), /former-1/);
    assert.doesNotMatch(JSON.stringify(await change({ upstream: plain.url, secrets: [] })), /former-1/);
  });

  test('is read with its definition while other requests are answered, with the same result and errors', async () => {
    const draft = draftOf('', plain.url);
    const text = draft.files['spec.yaml'] ?? '';
    const schemas = Array.from(
      { length: 800 },
      (_, at) => `    S${at}: {type: object, title: Schema ${at}}\n`,
    );
    const large = (end: string): ApiDraft => ({
      ...draft,
      files: { 'spec.yaml': `${text}components:\n  schemas:\n${schemas.join('')}${end}` },
    });
    const reading = register.check(large(''));
    const call = gateway.call('/unknown/path');
    assert.equal(await Promise.race([reading, call]), await call);
    assert.deepEqual(await reading, reportOf(await readDefinition(large(''))));
    const problemOf = async (read: Promise<unknown>): Promise<DefinitionError> => {
      const [{ reason }] = (await Promise.allSettled([read])) as [PromiseRejectedResult];
      assert.ok(reason instanceof DefinitionError, String(reason));
      return reason;
    };
    const broken = large('paths: {}\n');
    const problem = await problemOf(register.check(broken));
    const { message, place } = await problemOf(readDefinition(broken));
    assert.deepEqual([problem.message, problem.place], [message, place]);
    assert.match(problem.message, /^spec\.yaml:\d+:1: .*Map keys must be unique/);
  });

  test('gets the client certificate of its secret over mutual TLS', async () => {
    const [server, client] = ['localhost', 'gateway-client'].map((name) => authority.issue(name));
    assert.ok(server && client);
    const ca = readFileSync(authority.certificate, 'utf8');
    const pem = ({ certificate, key }: { certificate: string; key: string }) =>
      readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8');
    const trusted = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...trusted, ca]);
    const subjects: unknown[] = [];
    const upstream = https.createServer(
      { cert: pem(server), key: pem(server), ca, requestCert: true, rejectUnauthorized: true },
      ({ socket }, response) => {
        subjects.push((socket as TLSSocket).getPeerCertificate().subject.CN);
        response.end('ok');
      },
    );
    upstream.listen(0, 'localhost');
    await once(upstream, 'listening');
    const url = `https://localhost:${(upstream.address() as AddressInfo).port}`;
    try {
      await addDefinition(gateway, draftOf('', url));
      assert.ok((await gateway.call('/test/a')).status >= 500, 'without a certificate');
      const security = secured('{type: mtls, secret: certificate-1}');
      await addDefinition(gateway, { ...draftOf(security, url), secrets: ['certificate-1'] });
      await register.setSecret('certificate-1', pem(client));
      assert.equal((await gateway.call('/test/a')).status, 200, lastDetail());
      assert.deepEqual(subjects, ['gateway-client']);
    } finally {
      tls.setDefaultCACertificates(trusted);
      upstream.closeAllConnections();
      upstream.close();
    }
  });

  test('gets attributes of the application as headers, and no call where a required one is missing', async () => {
    const attributes = `  target-attributes:
    - {name: nrl-ods}
    - {name: party-key, header: X-Party, required: false}
    - {name: id, header: X-App, required: false}`;
    await addDefinition(gateway, draftOf(attributes, plain.url, ''));
    await gateway.addApplication('with', { 'nrl-ods': 'A1', 'party-key': 'P1\r\nx: y' }, ['test']);
    await gateway.addApplication('without', {}, ['test']);
    const call = async (applicationId: string) =>
      gateway.call('/test/a', {
        token: await gateway.issue({ applicationId, scope: 'urn:nhsd:apim:app:level3:test' }),
        headers: { 'attribute-nrl-ods': 'forged', 'x-party': 'forged' },
      });
    assert.equal((await call('with')).status, 200);
    const { headers } = plain.requests.at(-1) ?? {};
    assert.deepEqual(
      [headers?.['attribute-nrl-ods'], headers?.['x-party'], headers?.['x-app']],
      ['A1', 'P1??x: y', 'with'],
    );
    const before = plain.requests.length;
    const refused = await call('without');
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /no attribute nrl-ods/);
    assert.equal(plain.requests.length, before);
  });
});
