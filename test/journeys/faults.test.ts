import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { invoke } from '../../src/cli/command.fixture.ts';
import { startInstance, type TestInstance } from '../support/instance.ts';
import { Navigator } from '../support/navigate.ts';

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

describe('faults, as a supplier switches them on', () => {
  test('the list names each with its state', async () => {
    const { lines } = await fault('list');
    assert.ok(lines.length > 25);
    assert.match(lines.join('\n'), /id-token-wrong-issuer +off +ID tokens name another issuer/);
  });
  test('a wrong ID token signs nobody in at the sample application, the next time only', async () => {
    await fault('on', 'id-token-wrong-signature', '--next', '1');
    const refused = await signIn();
    assert.doesNotMatch(refused.answer.body, /Quillfeather/);
    const signedIn = await signIn();
    assert.equal(signedIn.answer.status, 200);
    assert.match(signedIn.answer.body, /Quillfeather/);
  });
  test('an endpoint that is down, and up again', async () => {
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
  test('what is no fault, and what is no number', async () => {
    await assert.rejects(fault('on', 'no-such-fault'), /There is no fault "no-such-fault"/);
    await assert.rejects(fault('on', 'id-token-expired', '--next', 'often'), /numbers|number/);
  });
  test('a reset switches all off', async () => {
    await fault('on', 'id-token-expired');
    await instance.api('POST', '/reset');
    const { faults } = await instance.api<{ faults: { state: unknown }[] }>('GET', '/faults');
    assert.ok(faults.every(({ state }) => state === null));
  });
});
