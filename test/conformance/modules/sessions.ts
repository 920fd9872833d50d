import assert from 'node:assert/strict';
import type { Module } from '../module.ts';
import { type IdToken, RelyingParty } from '../relying-party.ts';
import type { Change } from '../reply.ts';

const time = ({ claims }: IdToken): number => {
  assert.equal(typeof claims.auth_time, 'number', 'auth_time');
  return Number(claims.auth_time);
};

const twice = async (rp: RelyingParty, first: Change, second: Change, between = () => undefined as void) => {
  const before = (await rp.signIn(first)).idToken;
  between();
  const after = (await rp.signIn(second)).idToken;
  assert.equal(after.claims.sub, before.claims.sub, 'the same person');
  return { before, after };
};

const succeedsWith = (id: string, change: Change): Module => ({
  id,
  async run(trial) {
    await (await RelyingParty.register(trial)).signIn(change);
  },
});

/** Parameters of the sign-in itself (Core section 3.1.2.1). */
export const sessions: readonly Module[] = [
  succeedsWith('oidcc-display-page', { display: 'page' }),
  succeedsWith('oidcc-display-popup', { display: 'popup' }),
  succeedsWith('oidcc-login-hint', { login_hint: 'bob@example.com' }),
  succeedsWith('oidcc-ui-locales', { ui_locales: 'se cy en' }),
  succeedsWith('oidcc-claims-locales', { claims_locales: 'se cy en' }),
  {
    id: 'oidcc-prompt-login',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const asked = { max_age: '10000' };
      const { before, after } = await twice(rp, asked, { ...asked, prompt: 'login' }, () =>
        trial.passTime(2),
      );
      assert.ok(time(after) > time(before), 'the person signed in again');
    },
  },
  {
    id: 'oidcc-prompt-none-not-logged-in',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const landing = await trial.provider.withoutPerson(() => rp.authorize({ prompt: 'none' }));
      const error = rp.errorOf(landing);
      assert.match(error, /^(login|interaction|account_selection|consent)_required$/);
    },
  },
  {
    id: 'oidcc-prompt-none-logged-in',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const asked = { max_age: '10000' };
      const { before, after } = await twice(rp, asked, { ...asked, prompt: 'none' }, () => trial.passTime(2));
      assert.equal(time(after), time(before), 'nobody signed in again');
    },
  },
  {
    id: 'oidcc-max-age-1',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const { before, after } = await twice(rp, { max_age: '1' }, { max_age: '1' }, () => trial.passTime(3));
      assert.ok(time(after) > time(before), 'the person signed in again');
    },
  },
  {
    id: 'oidcc-max-age-10000',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const asked = { max_age: '10000' };
      const { before, after } = await twice(rp, asked, asked, () => trial.passTime(2));
      assert.equal(time(after), time(before), 'nobody signed in again');
    },
  },
  {
    id: 'oidcc-id-token-hint',
    async run(trial) {
      const rp = await RelyingParty.register(trial);
      const first = await rp.signIn();
      const second = await rp.signIn({ prompt: 'none', id_token_hint: first.tokens.id_token });
      assert.equal(second.idToken.claims.sub, first.idToken.claims.sub);
    },
  },
  {
    id: 'oidcc-ensure-request-with-acr-values-succeeds',
    async run(trial) {
      const { acrValues } = trial.provider;
      const { idToken } = await (await RelyingParty.register(trial)).signIn({
        acr_values: acrValues.join(' '),
      });
      if (idToken.claims.acr !== undefined) assert.equal(typeof idToken.claims.acr, 'string');
    },
  },
];
