import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bothDialects } from '../../../../test/testing/dialects.ts';
import { SingleUse } from '../../../storage/single-use.ts';
import { EndedSessions } from '../../ended-sessions.ts';
import { assertError } from '../../testing/journeys.ts';
import type { Platform } from '../../testing/platform.ts';
import { newProver } from '../../testing/proofs.ts';
import { careWorker } from '../../testing/provider.ts';
import { type StandardClient, startStandardClient } from '../../testing/standard.ts';

const urn = 'urn:ietf:params:oauth:token-type:';
const types = { id: `${urn}id_token`, access: `${urn}access_token` };
const colleague = { ...careWorker, sub: '656005750105', sid: 'session-of-colleague' };

type Form = Record<string, string>;
/** Error, description, and a part of the reason in the log. */
type Expected = readonly [string, string, RegExp];
const subject: Expected = ['invalid_request', 'The subject token is not valid.', /ended its session/];
const actor: Expected = ['invalid_request', 'The actor token is not valid.', /ended its session/];

for (const [dialect, create] of bothDialects())
  describe(`a token exchange after the end of a session, on ${dialect}`, () => {
    let client: StandardClient;
    let platform: Platform;
    let ended: EndedSessions;
    before(async () => {
      client = await startStandardClient({ database: await create() });
      platform = client.platform;
      ended = new EndedSessions(new SingleUse(platform.database, platform.clock));
    });
    after(() => platform?.close());

    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' };
    const exchange = async (form: Form, headers: Form = {}) =>
      platform.post('/oauth2.1/token', { ...grant, ...(await client.credentials('web')), ...form }, headers);
    /** Returns an ID token of a user, with this actor, and ends the session of one of them. */
    async function idTokens(endedSid: string, ofSubject: string) {
      const { issuer } = platform.provider;
      const mayAct = { may_act: { sub: colleague.sub, iss: issuer } };
      const person = { ...careWorker, sid: ofSubject };
      const subjectToken = await platform.provider.idTokenFor(person, 'client-at-cis2', mayAct);
      await ended.add(issuer, endedSid);
      return { subject_token: subjectToken, subject_token_type: types.id };
    }
    const withActor = async (sid: string): Promise<Form> => ({
      actor_token: await platform.provider.idTokenFor({ ...colleague, sid }, 'client-at-cis2'),
      actor_token_type: types.id,
    });

    // Each request has one more fault; the description and the reason show which is found first.
    // biome-ignore format: a table, one row a line
    const rows: [string, () => Promise<Form>, Expected][] = [
      ['no further fault', async () => ({}), subject],
      ['a scope that the application lacks', async () => ({ scope: 'nothing-like-this' }), subject],
      ['an unknown resource', async () => ({ audience: 'nobody' }), subject],
      ['an actor token that is none', async () => ({ actor_token: 'x', actor_token_type: types.id }), subject],
      ['an actor whose session is live', () => withActor('live'), subject],
      ['a token type that is not issued', async () => ({ requested_token_type: 'x' }), ['invalid_request', 'A type of token is not supported.', /requested_token_type is x/]],
      ['a subject token that is none', async () => ({ subject_token: 'x' }), ['invalid_request', 'The subject token is not valid.', /not a compact JWS/]],
      ['a wrong secret', async () => ({ client_secret: 'wrong' }), ['invalid_client', 'Client authentication failed.', /secret/]],
    ];
    for (const [name, change, [error, description, reason]] of rows)
      test(`is refused in the order of the checks with ${name}`, async () => {
        const form = { ...(await idTokens('ended', 'ended')), ...(await change()) };
        const reply = await exchange(form);
        await assertError(platform, reply, error === 'invalid_client' ? 401 : 400, error, description);
        assert.match((await platform.refusals.find(reply.body.message_id))?.detail ?? '', reason);
      });

    test('is refused for the actor, before the scope and the resource', async () => {
      for (const more of [{}, { scope: 'nothing-like-this' }, { audience: 'nobody' }] as Form[]) {
        const form = { ...(await idTokens('of-actor', 'live')), ...(await withActor('of-actor')), ...more };
        const reply = await exchange(form);
        await assertError(platform, reply, 400, actor[0], actor[1]);
        assert.match((await platform.refusals.find(reply.body.message_id))?.detail ?? '', actor[2]);
      }
    });

    test('is refused for an access token of the session', async () => {
      platform.provider.state.person = { ...careWorker, sid: 'of-access-token' };
      const { access_token: token } = await client.tokensOf('web');
      const form = { subject_token: token, subject_token_type: types.access };
      assert.equal((await exchange(form)).status, 200);
      await ended.add(platform.provider.issuer, 'of-access-token');
      for (const more of [{}, { scope: 'nothing-like-this' }] as Form[]) {
        const reply = await exchange({ ...form, ...more });
        await assertError(platform, reply, 400, subject[0], subject[1]);
        assert.match((await platform.refusals.find(reply.body.message_id))?.detail ?? '', subject[2]);
      }
    });

    test('is refused for a used client assertion or DPoP proof first', async () => {
      const form = await idTokens('ended', 'ended');
      const signed = { ...grant, ...form, ...(await client.credentials('signing')) };
      assert.equal((await platform.post('/oauth2.1/token', signed)).body.error, subject[0]);
      const again = await platform.post('/oauth2.1/token', signed);
      assert.deepEqual([again.status, again.body.error], [401, 'invalid_client']);
      const prover = await newProver(platform.clock);
      const proof = await prover.header();
      assert.equal((await exchange(form, proof)).body.error, subject[0]);
      assert.equal((await exchange(form, proof)).body.error, 'invalid_dpop_proof');
    });

    test('leaves an audit record of the refusal', async () => {
      const form = await idTokens('ended', 'ended');
      const since = (await platform.audit.list()).at(-1)?.seq;
      assert.equal((await exchange(form)).status, 400);
      const written = await platform.audit.list(since);
      assert.deepEqual(
        written.map(({ action, outcome }) => [action, outcome]),
        [['authorisation.tokens-refused', 'refused']],
      );
    });
  });
