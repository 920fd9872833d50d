import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Vault } from '@alongside/kernel/secrets';
import { type ApiDraft, DefinitionError } from '../protocol.ts';
import { type RunningGateway, startGateway } from '../testing/gateway.ts';
import { startUpstream, type TestUpstream } from '../testing/upstream.ts';
import { readDefinition } from './read.ts';
import { ApiRegister } from './register.ts';
import { ApiDefinitions } from './store.ts';

const vault = new Vault(Buffer.alloc(32, 7));
const draftOf = (text: string, more: Partial<ApiDraft> = {}): ApiDraft => ({
  entry: 'spec.yaml',
  files: { 'spec.yaml': `openapi: 3.0.3\nservers: [{url: /test}]\n${text}` },
  mock: true,
  ...more,
});
const answer = `responses: {'200': {content: {application/json: {example: {a: 1}}}}}`;
const plain = `paths:\n  /a: {get: {${answer}}}\n`;
const access = (...grants: string[]) =>
  `x-nhsd-apim: {access: [{grants: {${grants.map((grant) => `${grant}: []`).join(', ')}}}]}\n`;
const ownScheme = 'components: {securitySchemes: {OAuth_Token: {type: http, scheme: bearer}}}\n';
const ownSecurity = 'security: [{OAuth_Token: []}]\n';

const needsOf = async (text: string, more: Partial<ApiDraft> = {}) => {
  const { model, warnings } = await readDefinition(draftOf(text, more));
  return { needs: model.operations.map(({ grants }) => grants), warnings };
};
const refused = async (draft: ApiDraft, message: RegExp) =>
  assert.rejects(readDefinition(draft), (error: Error) => {
    assert.ok(error instanceof DefinitionError, String(error.stack));
    assert.match(error.message, message);
    return true;
  });

describe('readDefinition', () => {
  test('refuses operations with neither security nor access, with the place and both ways out', async () => {
    for (const extension of ['', 'x-nhsd-apim: {}\n', 'x-nhsd-apim: {access: []}\n'])
      await refused(
        draftOf(extension + plain),
        /^spec\.yaml:\d+:13: GET \/a has neither security nor access, .*--extension FILE.*--open/,
      );
  });

  test('opens them with `open`, and nothing else', async () => {
    assert.deepEqual((await needsOf(plain, { open: true })).needs, [[]]);
    const granted = access('app-level3') + plain;
    assert.deepEqual((await needsOf(granted, { open: true })).needs, [['app-level3']]);
    const own = ownScheme + ownSecurity + plain;
    assert.deepEqual((await needsOf(own, { open: true })).needs, [['unmet']]);
  });

  test('refuses entries of security that are not mappings', async () => {
    for (const entry of ['OAuth_Token', '[]', 'null', '1'])
      await refused(
        draftOf(`${access('app-level3')}security: [${entry}]\n${plain}`),
        /^spec\.yaml:4:11: Each entry of security must be a mapping/,
      );
    await refused(draftOf(`${access('app-level3')}security:\n${plain}`), /security must be a list/);
  });

  test('takes a scheme of the file as any grant of access, with one warning', async () => {
    const two = `paths:\n  /a: {get: {${answer}}}\n  /b: {get: {security: [{OAuth_Token: []}], ${answer}}}\n`;
    const grants = ['app-level3', 'nhs-cis2-aal3'];
    const { needs, warnings } = await needsOf(access(...grants) + ownScheme + ownSecurity + two);
    assert.deepEqual(needs, [grants, grants]);
    assert.deepEqual(warnings, [
      'spec.yaml:5:13: security names "OAuth_Token", a scheme of this file and no grant: any grant of access is accepted (app-level3, nhs-cis2-aal3).',
    ]);
  });

  test('does not widen a grant that a requirement combines with a scheme of the file', async () => {
    const both = `security: [{OAuth_Token: [], nhs-cis2-aal3: []}]\n`;
    const { needs } = await needsOf(access('app-level3', 'nhs-cis2-aal3') + ownScheme + both + plain);
    assert.deepEqual(needs, [['nhs-cis2-aal3']]);
  });

  test('takes another name of a published scheme as its grant', async () => {
    const scheme =
      'components: {securitySchemes: {login: {$ref: https://proxygen.prod.api.platform.nhs.uk/components/securitySchemes/nhs-cis2-aal3}}}\n';
    const { needs } = await needsOf(
      `${access('app-level3', 'nhs-cis2-aal3')}${scheme}security: [{login: []}]\n${plain}`,
    );
    assert.deepEqual(needs, [['nhs-cis2-aal3']]);
  });

  test('refuses a scheme that is neither a grant nor declared, such as a mistyped grant', () =>
    refused(
      draftOf(`${access('nhs-cis2-aal3')}${ownScheme}security: [{nhs-cis-aal3: []}]\n${plain}`),
      /^spec\.yaml:5:13: There is no grant "nhs-cis-aal3"/,
    ));

  test('warns about an API that no application can call', async () => {
    const security = 'security: [{app-level3: []}]\n';
    const message = /: No application can call this API: no access mode gives what its operations need\./;
    const { warnings } = await needsOf(`x-nhsd-apim: {access: []}\n${security}${plain}`);
    assert.ok(
      warnings.some((warning) => message.test(warning) && warning.startsWith('spec.yaml:3:15: ')),
      warnings.join('\n'),
    );
    const keyed = await needsOf(`x-nhsd-apim: {access: []}\nsecurity: [{app-level0: []}]\n${plain}`);
    assert.deepEqual(
      keyed.warnings.filter((warning) => message.test(warning)),
      [],
    );
  });
});

describe('an API behind the gateway', () => {
  let gateway: RunningGateway;
  let register: ApiRegister;
  let upstream: TestUpstream;
  before(async () => {
    gateway = await startGateway({}, ':memory:', { vault });
    register = new ApiRegister({ ...gateway, ...gateway.dependencies, vault });
    upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{}');
    });
    await gateway.products.save({ name: 'all', apis: ['test'], scopes: [], limits: null });
    await gateway.addApplication('caller', {}, ['all']);
  });
  after(async () => {
    await gateway.stop();
    await upstream.stop();
  });

  const add = async (draft: ApiDraft) => {
    await register.remove('test');
    return register.add(draft, () => []);
  };
  const status = async (granted?: string) => {
    const token =
      granted === undefined
        ? undefined
        : await gateway.issue({ applicationId: 'caller', scope: `urn:nhsd:apim:${granted}:test` });
    return (await gateway.call('/test/a', token === undefined ? {} : { token })).status;
  };
  const noticed = async () => (await register.list()).find(({ name }) => name === 'test')?.notice;

  test('answers callers of its access modes if its security names a scheme of the file', async () => {
    const draft = draftOf(ownScheme + ownSecurity + plain);
    await add({
      ...draft,
      files: { ...draft.files, 'extension.yaml': access('app-level3') },
      extension: 'extension.yaml',
    });
    assert.deepEqual(
      [await status('app:level3'), await status('user-nhs-cis2:aal3'), await status()],
      [200, 401, 401],
    );
    assert.equal(await noticed(), null);
  });

  test('refuses every caller without access modes, and is listed with a notice', async () => {
    const report = await add(draftOf(ownScheme + ownSecurity + plain));
    assert.ok(report.warnings.some((warning) => warning.includes('No application can call this API')));
    assert.deepEqual(
      [await status(), await status('app:level3'), await status('user-nhs-cis2:aal3')],
      [401, 401, 401],
    );
    assert.match((await noticed()) ?? '', /^No application can call this API/);
  });

  test('answers through the upstream that replaces a target with a certificate or a key', async () => {
    for (const type of ['mtls', 'apikey']) {
      const target = `target: {type: external, url: 'https://example.org', security: {type: ${type}, secret: own-1}}`;
      const text = `x-nhsd-apim: {access: [{grants: {app-level3: []}}], ${target}}\n${plain}`;
      const { mock: _, ...draft } = draftOf(text, { upstream: upstream.url });
      const report = await add(draft);
      assert.equal(await status('app:level3'), 200, type);
      assert.ok(
        report.warnings.some((one) =>
          /^spec\.yaml:3:\d+: The upstream replaces .*--secret own-1=@FILE/.test(one),
        ),
        report.warnings.join('\n'),
      );
    }
  });

  test('stays open with a notice until a change if an earlier version opened it by omission', async () => {
    await add(draftOf(plain, { open: true }));
    const definitions = new ApiDefinitions(gateway.database);
    const stored = await definitions.get('test');
    const source = await definitions.source('test');
    assert.ok(stored && source);
    const { open: _, ...record } = stored;
    const { open: __, secrets: ___, ...draft } = source;
    await definitions.save(record, draft, stored.revision);
    assert.equal(await status(), 200);
    assert.match((await noticed()) ?? '', /^Anyone may call 1 of its operations, .*api edit test --open/);
    assert.ok((await register.get('test'))?.warnings.some((one) => one.startsWith('Anyone may call 1')));
    const change = (patch: object) => register.change('test', patch, () => undefined);
    await assert.rejects(change({ validate: 'off' }), /neither security nor access.*--open/);
    await assert.rejects(
      register.prepareReplacement([draft]),
      /^DefinitionError: spec\.yaml:\d+:13: API test: GET \/a has neither security nor access/,
    );
    assert.equal((await change({ open: true }))?.open, true);
    assert.deepEqual([await status(), await noticed()], [200, null]);
  });
});
