import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { silentRecorder } from '@alongside/kernel/events';
import { silentLog } from '@alongside/kernel/log';
import { CardStore } from '../../identity-agent/card/card-store.ts';
import { PivApplet } from '../../identity-agent/card/piv-applet.ts';
import type { VpcdConnection } from '../../identity-agent/card/vpcd-connection.ts';
import { createIdentityAgent, type IdentityAgent } from '../../identity-agent/index.ts';
import { methods } from '../../identity-agent/protocol.ts';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { CardLab } from './testing/card-lab.ts';
import { needing, pathOf } from './testing/programs.ts';

const gp = '656005750108';
const needed = needing(['pcscd', 'vpcd', 'OpenSC', 'pcsc-mini'], { isolated: true });

/** Resolves when the agent reaches this state. */
const reached = ({ agent }: IdentityAgent, state: string): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (agent.status().state !== state) return;
      stop();
      resolve();
    };
    const stop = agent.onChange(look);
    look();
  });

describe("a seeded person's card in a PC/SC reader, with the whole product", needed, () => {
  let instance: TestInstance;
  let lab: CardLab;
  let folder: string;
  let store: CardStore;
  let inserted: VpcdConnection;
  before(async () => {
    [instance, lab, folder] = await Promise.all([
      startInstance(),
      CardLab.start(),
      mkdtemp(join(tmpdir(), 'desk-')),
    ]);
    // Its keys are created and certified when it is first inserted.
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    await instance.api('DELETE', '/readers/0/card');
    const agent = await AgentConnection.open(String(instance.state.agentSocket));
    const { cards } = await agent.call<{ cards: { uid: string }[] }>(methods.exportCards);
    agent.close();
    store = await CardStore.open({ path: join(folder, 'cards.json'), secretPath: join(folder, 'secret') });
    await store.importAll({ version: 1, cards: cards.filter(({ uid }) => uid === gp) });
    inserted = await lab.insert(new PivApplet(store.memory(gp)));
  });
  after(async () => {
    await inserted?.remove();
    await lab?.close();
    await instance?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("has CIS's certificates in OpenSC: holder, key usage, both certificates", async () => {
    const { code, said } = await lab.run('pkcs15-tool', '--dump');
    assert.equal(code, 0, said);
    assert.match(said, new RegExp(`PKCS#15 Card \\[${gp}\\]`));
    assert.match(said, /\[PIV AUTH key\]\n.*\n\tUsage +: \[0x\d+\], sign\n/);
    assert.match(said, /\[SIGN key\]\n.*\n\tUsage +: .*nonRepudiation/);
    for (const [id, slot] of [
      ['01', 'authentication'],
      ['02', 'signing'],
    ] as const) {
      const pem = (await lab.run('pkcs15-tool', '--read-certificate', id)).said;
      const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN')));
      assert.match(certificate.subject, new RegExp(`CN=${gp}`));
      assert.deepEqual(new Uint8Array(certificate.raw), store.get(gp)?.certificates?.[slot]);
    }
  });

  test('passes pkcs11-tool, and both keys sign', async () => {
    const { said } = await lab.run('pkcs11-tool', '--test', '--login', '--pin', '123456');
    assert.match(said, /^No errors$/m);
  });

  test('signs its holder in at CIS with an agent, and out when it is removed', async (t) => {
    const { cis, cis2Issuer } = instance.urls;
    const desk = await createIdentityAgent({
      clock: systemClock,
      recorder: silentRecorder,
      log: silentLog,
      development: false,
      dataFolder: join(folder, 'agent'),
      socketPath: join(folder, 'a.sock'),
      url: 'http://127.0.0.1:1',
      generation: 'hscn',
      mode: 'normal',
      requireRole: true,
      checkPeerUser: true,
      transport: 'pcsc',
      cards: { pcscModule: pathOf('pcsc-mini') },
      cisUrl: String(cis),
      cis2: {
        issuer: String(cis2Issuer),
        jwksUrl: `${cis2Issuer}/connect/jwk_uri`,
        exchangeUrl: `${new URL(String(cis2Issuer)).origin}/agent/exchange`,
      },
    });
    t.after(() => desk.service.stop());
    await reached(desk, 'pinRequested');
    const by = { from: 'console', keys: [] } as const;
    assert.deepEqual(await desk.agent.answerPin('111111', by), {
      ok: false,
      error: 'wrong_pin',
      attemptsLeft: 2,
    });
    assert.deepEqual(await desk.agent.answerPin('123456', by), { ok: true });
    const { state, person, role } = desk.agent.status();
    assert.deepEqual([state, person?.uid], ['signedIn', gp]);
    assert.ok(role);
    await inserted.remove();
    await reached(desk, 'noCard');
    await desk.agent.settled();
    assert.equal(desk.agent.session, undefined);
  });
});
