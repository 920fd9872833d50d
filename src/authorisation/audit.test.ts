import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { assertNeedsAudit } from '../../test/testing/failing-audit.ts';
import { codeOf, codeRequest } from './testing/journeys.ts';
import { type Platform, type Reply, startPlatform } from './testing/platform.ts';
import { careWorker } from './testing/provider.ts';
import { type StandardClient, startStandardClient } from './testing/standard.ts';

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

  test('records a code and its tokens with user, application and family', async () => {
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

  test('records the refusal of an authenticated application and sums wrong secrets', async () => {
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

describe('the standard profile', () => {
  let client: StandardClient;
  before(async () => {
    client = await startStandardClient();
  });
  after(() => client.platform.close());

  const tokenTables = ['token_grant', 'access_token', 'refresh_token'];

  const endSession = async (sid = careWorker.sid) => {
    const { clock, provider, post } = client.platform;
    const logout = await provider.logoutToken({ sid, exp: seconds(clock) + 60 }, { typ: 'logout+jwt' });
    return post('/oauth2.1/backchannel_logout', { logout_token: logout });
  };

  test('issues and records no tokens when the session ends after the checks of the code', async () => {
    const { database, audit, provider } = client.platform;
    const sid = uuid();
    provider.state.person = { ...careWorker, sid };
    const code = await client.codeOf('web');
    provider.reset();
    const since = (await audit.list()).at(-1)?.seq;
    const { batch } = database;
    database.batch = async (statements, options) => {
      if (statements.some(({ text }) => text.startsWith('INSERT INTO token'))) {
        database.batch = batch;
        await endSession(sid);
      }
      return batch.call(database, statements, options);
    };
    assert.equal((await client.redeem('web', code)).status, 400);
    const actions = (await audit.list(since)).map(({ action }) => action);
    assert.ok(actions.includes('authorisation.tokens-refused'));
    assert.ok(!actions.includes('authorisation.tokens-issued'));
  });

  test('records one refusal for a code of an ended session, also if a later check fails', async () => {
    const { audit, provider } = client.platform;
    for (const change of [{}, { code_verifier: 'x'.repeat(43) }]) {
      const sid = uuid();
      provider.state.person = { ...careWorker, sid };
      const code = await client.codeOf('web');
      await endSession(sid);
      provider.reset();
      const since = (await audit.list()).at(-1)?.seq;
      assert.equal((await client.redeem('web', code, change)).status, 400);
      assert.deepEqual(
        (await audit.list(since)).map(({ action }) => action),
        ['authorisation.tokens-refused'],
      );
    }
  });

  /** Prepares an act and returns it. */
  const acts: Readonly<Record<string, () => Promise<() => Promise<Reply>>>> = {
    'redeeming a code': async () => {
      const code = await client.codeOf('web');
      return () => client.redeem('web', code);
    },
    'refreshing tokens': async () => {
      const { refresh_token: token } = await client.tokensOf('web');
      return () => client.refresh('web', token);
    },
    'revoking tokens because a code is used again': async () => {
      const code = await client.codeOf('web');
      assert.equal((await client.redeem('web', code)).status, 200);
      // Later than an answer that was lost would be repeated.
      client.platform.clock.advance(120);
      return () => client.redeem('web', code);
    },
    'revoking an access token': async () => {
      const { access_token: token } = await client.tokensOf('web');
      const form = { token, ...(await client.credentials('web')) };
      return () => client.platform.post('/oauth2.1/revoke', form);
    },
    'revoking tokens by the refresh token': async () => {
      const { refresh_token: token } = await client.tokensOf('web');
      const form = { token, ...(await client.credentials('web')) };
      return () => client.platform.post('/oauth2.1/revoke', form);
    },
    'ending a session': async () => {
      await client.tokensOf('web');
      return () => endSession();
    },
  };
  for (const [name, prepare] of Object.entries(acts))
    test(`refuses ${name} without its audit record and changes nothing`, async () => {
      await assertNeedsAudit(client.platform.database, tokenTables, await prepare());
    });
});
