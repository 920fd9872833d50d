import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type RunningGateway, startGateway } from '../testing/gateway.ts';
import { addDefinition, openDraft } from '../testing/published.ts';
import { startUpstream, type TestUpstream } from '../testing/upstream.ts';

const paths = `  /item:
    get:
      security: [{app-level3: []}]
      parameters: [{in: query, name: count, required: true, schema: {type: integer}}]
      responses: {'200': {content: {application/json: {schema: {type: object, required: [name]}}}}}
`;

describe('a call that differs from the definition', () => {
  let gateway: RunningGateway;
  let upstream: TestUpstream;
  let token: string;
  before(async () => {
    gateway = await startGateway();
    upstream = await startUpstream(({ url }, response) => {
      response.writeHead(url?.includes('count=9') ? 404 : 200, { 'content-type': 'application/json' });
      response.end('{}');
    });
    await gateway.products.save({ name: 'test', apis: ['test'], scopes: [], limits: null });
    await gateway.addApplication('caller', {}, ['test']);
  });
  after(async () => {
    await gateway.stop();
    await upstream.stop();
  });
  beforeEach(async () => {
    token = await gateway.issue({ applicationId: 'caller', scope: 'urn:nhsd:apim:app:level3:test' });
  });

  const define = (validate: 'warn' | 'enforce', operations = paths) => {
    const draft = openDraft(operations, { upstream: upstream.url, validate });
    const text = draft.files['spec.yaml'] ?? '';
    const access = text.replace('{access: []}', '{access: [{grants: {app-level3: []}}]}');
    return addDefinition(gateway, { ...draft, files: { 'spec.yaml': access } });
  };
  /** Calls with a correlation id, by which `explain` finds the call. */
  const call = async (query: string, id: string) => {
    const answer = await gateway.call(`/test/item${query}`, { token, headers: { 'x-correlation-id': id } });
    const event = (await gateway.events()).findLast(({ name }) => name === 'gateway.request');
    return { answer, found: await gateway.refusals.find(id), event };
  };

  test('is explained, and shown in its journey, where it is refused', async () => {
    await define('enforce');
    const { answer, found, event } = await call('?count=x', 'refused-1');
    assert.equal(answer.status, 400);
    assert.deepEqual(
      [found?.error, found?.status, found?.path, found?.detail],
      ['gateway.invalidByDefinition', 400, '/test/item', 'query parameter count must be integer'],
    );
    assert.deepEqual([event?.outcome, event?.detail.rule], ['refused', 'gateway.invalidByDefinition']);
  });

  test('is explained, and shown in its journey, where it is only reported', async () => {
    await define('warn');
    const { answer, found, event } = await call('?count=x', 'warned-1');
    assert.equal(answer.status, 200);
    const warning = 'request: query parameter count must be integer; response: name is missing';
    assert.equal(answer.headers.get('x-message-id'), found?.messageId);
    assert.deepEqual(
      [found?.error, found?.status, found?.path, found?.detail],
      ['gateway.differsFromDefinition', 200, '/test/item', warning],
    );
    assert.deepEqual([event?.outcome, event?.detail.warning], ['ok', warning]);
  });

  test('is explained with the refusal of the API itself', async () => {
    await define('warn');
    const { answer, found } = await call('?count=9', 'refused-2');
    assert.equal(answer.status, 404);
    assert.deepEqual(
      [found?.error, found?.detail, found?.earlier],
      ['gateway.backEndRefused', 'test answered 404; response: the status 404 is not in the definition', []],
    );
  });

  test('leaves no record where it conforms', async () => {
    await define('warn', paths.replace('required: [name]', 'required: []'));
    const { answer, found } = await call('?count=1', 'plain-1');
    assert.deepEqual([answer.status, found], [200, undefined]);
  });
});
