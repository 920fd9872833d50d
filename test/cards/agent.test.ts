import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { poweredCard } from '../../identity-agent/card/testing/card.ts';
import type { CardSettings } from '../../identity-agent/card/transports.ts';
import type { AgentStatus } from '../../identity-agent/protocol.ts';
import { testDesk } from '../../identity-agent/testing/desk.ts';
import { assertSigned } from '../../identity-agent/testing/signing-desk.ts';
import { SigningPage, toSign } from '../../identity-agent/testing/signing-page.ts';
import { freePort } from '../testing/free-port.ts';
import { CardLab } from './testing/card-lab.ts';
import { needing, type ProgramName, pathOf } from './testing/programs.ts';

type Desk = Awaited<ReturnType<typeof testDesk>>;

/** Resolves with the status when the agent reaches this state. */
const reached = (desk: Desk, state: AgentStatus['state']): Promise<AgentStatus> =>
  new Promise((resolve) => {
    const look = (): void => {
      const status = desk.agent.status();
      if (status.state !== state) return;
      stop();
      resolve(status);
    };
    const stop = desk.agent.onChange(look);
    look();
  });

const asked = async (desk: Desk): Promise<void> => {
  while (desk.agent.status().question !== 'signature')
    await new Promise((resolve) => setTimeout(resolve, 20));
};

const ways: { transport: string; needs: ProgramName[]; cards: () => CardSettings }[] = [
  { transport: 'pcsc', needs: ['pcsc-mini'], cards: () => ({ pcscModule: pathOf('pcsc-mini') }) },
  { transport: 'pkcs11', needs: [], cards: () => ({ pkcs11Module: pathOf('OpenSC') }) },
];

for (const { transport, needs, cards } of ways) {
  const needed = needing(['pcscd', 'vpcd', 'OpenSC', ...needs], { isolated: true });
  describe(`an agent with a card reader (${transport})`, needed, () => {
    const ends: (() => Promise<void>)[] = [];
    let lab: CardLab;
    before(async () => {
      lab = await CardLab.start();
    });
    after(async () => {
      await lab.close();
      for (const end of ends) await end();
    });

    async function desk(t: TestContext): Promise<Desk> {
      return testDesk(t, { transport, cards: cards() });
    }

    test('signs documents with the RSA key of its signing slot, after the PIN, and with no other', async (t) => {
      const port = await freePort();
      const made = await testDesk(t, {
        transport,
        cards: cards(),
        credentialManagement: true,
        credentialManagementTest: { ports: [port] },
      });
      const page = await new SigningPage(port).open();
      const owner = { after: (end: () => Promise<void>) => void ends.push(end) };
      for (const keyType of ['RSA-2048', 'EC-P256'] as const) {
        const { applet, card } = await poweredCard(owner, { keyType });
        let isBroken = false;
        const inserted = await lab.insert({
          atr: applet.atr,
          powerOff: () => applet.powerOff(),
          // GENERAL AUTHENTICATE with the signing slot fails as after an error of the card's memory.
          transmit: async (command) =>
            isBroken && command[1] === 0x87 && command[3] === 0x9c
              ? Uint8Array.of(0x65, 0x81)
              : applet.transmit(command),
        });
        await reached(made, 'pinRequested');
        // Middleware keeps the user signed in to the card, and still the PIN must be right.
        await made.call('answerPin', { pin: '123456' });
        const signing = page.sign(toSign(['first document', 'second document']));
        if (keyType === 'RSA-2048') {
          await asked(made);
          await assert.rejects(made.call('answerPin', { pin: '111111' }), {
            data: { error: 'wrong_pin', attemptsLeft: 2 },
          });
          await made.call('answerPin', { pin: '123456' });
          const certificate = assertSigned((await signing).body, ['first document', 'second document']);
          assert.deepEqual(new Uint8Array(certificate.raw), card.certificates?.signing);
          const failing = page.sign(toSign(['third document']));
          await asked(made);
          isBroken = true;
          await assert.rejects(made.call('answerPin', { pin: '123456' }), {
            message: 'The card could not sign.',
            data: { error: 'card_failed' },
          });
          assert.match((await failing).body.R?.message ?? '', /The Smartcard could not sign/);
        } else assert.equal((await signing).body.R?.status_code, 1_397_311_237);
        await inserted.remove();
        await reached(made, 'noCard');
      }
    });

    test("signs the card's holder in, and out when the card is removed", async (t) => {
      const { applet } = await poweredCard({ after: (end) => void ends.push(end) });
      const made = await desk(t);
      assert.equal(made.agent.status().state, 'noCard');
      const inserted = await lab.insert(applet);
      const asked = await reached(made, 'pinRequested');
      assert.equal(asked.attemptsLeft, 3);
      await assert.rejects(made.call('answerPin', { pin: '111111' }), {
        data: { error: 'wrong_pin', attemptsLeft: 2 },
      });
      const status = await made.call('answerPin', { pin: '123456' });
      assert.deepEqual([status.state, status.person?.uid], ['signedIn', '656005750199']);
      assert.equal(made.cis.live.length, 1);
      await inserted.remove();
      await reached(made, 'noCard');
      await made.agent.settled();
      assert.deepEqual(
        [...made.cis.sessions.values()].map(({ ended }) => ended),
        ['cardRemoved'],
      );
    });
  });
}
