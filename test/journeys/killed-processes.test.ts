import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { call } from '../../bench/peers/call.ts';
import { registerClients } from '../../bench/peers/clients.ts';
import { codeRequest } from '../../bench/peers/scenarios.ts';
import type { Clients } from '../../bench/peers/target.ts';
import { type Several, startSeveral } from '../../bench/processes/several.ts';
import { skip, until } from '../testing/several-processes.ts';

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('several processes under load', { skip }, () => {
  let several: Several;
  let clients: Clients;
  before(async () => {
    several = await startSeveral(2);
    clients = await registerClients(several.state.urls, { hasAgent: false });
  });
  after(() => several?.stop());

  const newCode = async () => {
    const { address, redeem } = codeRequest(clients.party);
    const { headers } = await call(address, { headers: { cookie: clients.party.cookie } });
    return () => redeem(headers.location);
  };
  const isLive = async (token: unknown) =>
    (await call(clients.party.userinfoEndpoint, { headers: { authorization: `Bearer ${token}` } })).status ===
    200;

  test('redeem a code once', async () => {
    for (let round = 0; round < 5; round++) {
      const redeem = await newCode();
      const results = await Promise.allSettled(Array.from({ length: 8 }, redeem));
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    }
  });

  test('keep every result that a killed process has given, and no code has two winners', async () => {
    const kept: unknown[] = [];
    let lost = 0;
    let isOver = false;
    const caller = async () => {
      while (!isOver)
        try {
          const redeem = await newCode();
          const both = await Promise.allSettled([redeem(), redeem()]);
          const won = both.filter((one) => one.status === 'fulfilled');
          assert.ok(won.length < 2, 'a code was redeemed twice');
          // A reused code revokes its tokens, so this is the last act with it.
          if (won[0]) kept.push(won[0].value.id_token);
          const alone = await newCode();
          const { access_token: token } = await alone();
          kept.push(token);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          lost += 1;
        }
    };
    const callers = Promise.all(Array.from({ length: 4 }, caller));
    for (let kill = 1; kill <= 2; kill++) {
      const enough = kept.length + 20;
      await until('results arrive', () => kept.length >= enough);
      process.kill(several.children()[0] ?? 0, 'SIGKILL');
      await until(
        'it is replaced',
        () => several.log.join('').split('the process was replaced').length > kill,
      );
    }
    isOver = true;
    await callers;
    assert.equal(several.children().length, 2);
    const tokens = kept.filter((token) => typeof token === 'string' && !token.startsWith('ey'));
    assert.ok(tokens.length >= 20, `${tokens.length} kept, ${lost} lost`);
    for (const token of tokens) assert.ok(await isLive(token), 'a token that was given is lost');
  });

  test('leave none behind when the first one is killed', async () => {
    const children = several.children();
    assert.equal(children.length, 2);
    process.kill(several.pid, 'SIGKILL');
    await until('the others have ended', () => !children.some(isAlive));
  });
});
