import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { invoke } from '../../src/cli/testing/command.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

let instance: TestInstance;
let where: string[];
before(async () => {
  instance = await startInstance();
  where = ['--state', instance.state.stateFile];
  await instance.signInAtDesk('gp');
});
after(() => instance.stop());

const signIn = () => new Navigator().go(`${instance.urls.sample}/sign-in/separate`);
const fault = (...words: string[]) => invoke(['fault', ...words, ...where]);

describe('faults for suppliers', () => {
  test('are listed with their states', async () => {
    const { lines } = await fault('list');
    assert.ok(lines.length > 25);
    assert.match(lines.join('\n'), /id-token-wrong-issuer +off +ID tokens name another issuer/);
  });
  test('make the sample application refuse a wrong ID token once', async () => {
    await fault('on', 'id-token-wrong-signature', '--next', '1');
    const refused = await signIn();
    assert.doesNotMatch(refused.answer.body, /Quillfeather/);
    const signedIn = await signIn();
    assert.equal(signedIn.answer.status, 200);
    assert.match(signedIn.answer.body, /Quillfeather/);
  });
  test('make an endpoint fail, and work again', async () => {
    const { urls } = instance;
    const status = async (address: string) => (await fetch(address)).status;
    for (const [name, address, other] of [
      ['cis2-keys-unavailable', `${urls.cis2Issuer}/connect/jwk_uri`, 200],
      ['cis2-userinfo-unavailable', `${urls.cis2Issuer}/userinfo`, 401],
      ['platform-api-unavailable', `${urls.api}/hello-world/hello/user`, 401],
    ] as const) {
      await fault('on', name);
      assert.equal(await status(address), 503, name);
      await fault('off', name);
      assert.equal(await status(address), other, name);
    }
    await fault('on', 'platform-api-unavailable');
    assert.equal(await status(`${urls.api}/personal-demographics/FHIR/R4/_ping`), 200);
    await fault('on', 'platform-token-unavailable', '--next', '1');
    const token = () => fetch(`${urls.api}/oauth2/token`, { method: 'POST' });
    assert.equal((await token()).status, 503);
    assert.equal((await token()).status, 415);
    assert.deepEqual((await fault('off')).lines, ['Off: platform-api-unavailable.']);
  });
  test('make a PDS update late: it is done, answered with 503, and not done again', async () => {
    const person = { person: 'gp', application: 'demo-combined' };
    const { access_token } = await instance.api<{ access_token: string }>('POST', '/tokens', person);
    const patients = `${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`;
    const headers = { authorization: `Bearer ${access_token}`, 'x-request-id': crypto.randomUUID() };
    const patch = async (version: string) => {
      const answer = await fetch(patients, {
        method: 'PATCH',
        headers: { ...headers, 'content-type': 'application/json-patch+json', 'if-match': version },
        body: JSON.stringify({ patches: [{ op: 'replace', path: '/gender', value: 'male' }] }),
      });
      const body = (await answer.json()) as { issue?: [{ code: string; details: unknown }] };
      return { answer, body };
    };
    await fault('on', 'pds-update-late', '--next', '1');
    const late = await patch('W/"2"');
    assert.deepEqual([late.answer.status, late.answer.headers.get('retry-after')], [503, '5']);
    assert.equal(late.answer.headers.get('x-request-id'), headers['x-request-id']);
    const [issue] = late.body.issue ?? assert.fail();
    assert.equal(issue.code, 'timeout');
    assert.match(JSON.stringify(issue.details), /"SERVICE_UNAVAILABLE","display":"Service unavailable"/);
    const again = await patch('W/"2"');
    assert.deepEqual([again.answer.status, again.answer.headers.get('etag')], [200, 'W/"3"']);
    assert.equal((await fetch(patients, { headers })).headers.get('etag'), 'W/"3"');
  });
  test('refuse an unknown fault and an invalid number', async () => {
    await assert.rejects(fault('on', 'no-such-fault'), /There is no fault "no-such-fault"/);
    await assert.rejects(fault('on', 'id-token-expired', '--next', 'often'), /numbers|number/);
    await assert.rejects(fault('on', 'id-token-expired', '--next', '0'), /"next" must be 1 or more/);
  });
  test('are all switched off by a reset', async () => {
    await fault('on', 'id-token-expired');
    await instance.api('POST', '/reset');
    const { faults } = await instance.api<{ faults: { state: unknown }[] }>('GET', '/faults');
    assert.ok(faults.every(({ state }) => state === null));
  });
});
