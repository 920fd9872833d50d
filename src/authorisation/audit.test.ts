import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { codeOf, codeRequest } from './testing/journeys.ts';
import { type Platform, startPlatform } from './testing/platform.ts';
import { careWorker } from './testing/provider.ts';

describe('audit records of the authorisation service', () => {
  let platform: Platform;
  let last = 0;
  before(async () => {
    platform = await startPlatform();
  });
  after(() => platform.close());

  const records = async () => {
    const found = await platform.audit.list(last);
    last = found.at(-1)?.seq ?? last;
    return found;
  };

  test('a code and its tokens are recorded with user, application and family', async () => {
    const code = await codeOf(platform);
    assert.equal((await platform.post('/oauth2/token', codeRequest(code))).status, 200);
    const [issued, tokens, ...others] = await records();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [issued?.action, tokens?.action],
      ['authorisation.code-issued', 'authorisation.tokens-issued'],
    );
    assert.equal(issued?.actor, careWorker.sub);
    assert.equal(tokens?.actor, careWorker.sub);
    assert.equal(tokens?.family, issued?.family);
    assert.match(tokens?.tokenId ?? '', /^[\w-]{43}$/);
    assert.ok(!JSON.stringify([issued, tokens]).includes(code));
  });

  test('a proven application that is refused has a record, a wrong secret is summed', async () => {
    const wrong = { client_secret: 'invalid' };
    for (let n = 0; n < 3; n++)
      assert.equal((await platform.post('/oauth2/token', codeRequest('x', 'combined', wrong))).status, 401);
    assert.deepEqual(await records(), []);
    assert.equal((await platform.post('/oauth2/token', codeRequest('unknown'))).status, 400);
    const [refused] = await records();
    assert.deepEqual(
      [refused?.action, refused?.outcome, refused?.application, refused?.detail.error],
      ['authorisation.tokens-refused', 'refused', 'combined', 'authorisation.codeInvalid'],
    );
    await platform.audit.tick();
    const sum = (await records()).find(({ action }) => action === 'unproven.refused');
    assert.deepEqual([sum?.target, sum?.detail.count], ['client-authentication', 3]);
  });
});
