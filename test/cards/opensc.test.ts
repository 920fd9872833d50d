import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CardKeyTypeId } from '../../identity-agent/card/key-types.ts';
import { poweredCard } from '../../identity-agent/card/testing/card.ts';
import type { VpcdConnection } from '../../identity-agent/card/vpcd-connection.ts';
import { CardLab } from './testing/card-lab.ts';
import { type Ended, needing, run } from './testing/programs.ts';

/** Options for OpenSC to sign SHA-256 of a message, and for openssl to verify it. */
const kinds: { keyType: CardKeyTypeId; mechanism: string; key: RegExp }[] = [
  { keyType: 'EC-P256', mechanism: 'ECDSA-SHA256', key: /Private EC Key[\s\S]*FieldLength +: 256/ },
  { keyType: 'RSA-2048', mechanism: 'SHA256-RSA-PKCS', key: /Private RSA Key[\s\S]*ModLength +: 2048/ },
];
const slots = [
  { id: '01', slot: 'authentication' },
  { id: '02', slot: 'signing' },
] as const;

const succeeded = ({ code, said }: Ended): string => {
  assert.equal(code, 0, said);
  return said;
};
const failed = ({ code, said }: Ended, why: RegExp): void => {
  assert.notEqual(code, 0, said);
  assert.match(said, why);
};

const needed = needing(['pcscd', 'vpcd', 'OpenSC'], { isolated: true });

describe('the virtual card in OpenSC through pcscd', needed, () => {
  let lab: CardLab;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opensc-'));
    lab = await CardLab.start();
  });
  after(async () => {
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { keyType, mechanism, key } of kinds) {
    describe(keyType, () => {
      const ends: (() => Promise<void>)[] = [];
      let made: Awaited<ReturnType<typeof poweredCard>>;
      let inserted: VpcdConnection;
      before(async () => {
        made = await poweredCard({ after: (end) => void ends.push(end) }, { keyType });
        inserted = await lab.insert(made.applet);
      });
      after(async () => {
        await inserted.remove();
        for (const end of ends) await end();
      });
      const pins = async (): Promise<string> => succeeded(await lab.run('pkcs15-tool', '--list-pins'));
      const triesLeft = async (): Promise<number> => Number(/Tries left +: (\d)/.exec(await pins())?.[1]);
      const verifyPin = (pin: string): Promise<Ended> => lab.run('pkcs15-tool', '--verify-pin', '--pin', pin);

      test('is a PIV card with its own ATR and number', async () => {
        assert.match(succeeded(await lab.run('opensc-tool', '-n')), /Personal Identity Verification Card/);
        assert.match(succeeded(await lab.run('piv-tool', '-n')), /Personal Identity Verification Card/);
        assert.match(
          succeeded(await lab.run('opensc-tool', '-a')),
          /3b:8d:01:80:fb:a0:00:00:03:97:42:54:46:59:03:01:c8/,
        );
        assert.match(succeeded(await lab.run('piv-tool', '--serial')), /([0-9A-F]{2} ){16}/);
      });

      test('has readable objects: PIN, two keys with their usage, certificates, PIV containers', async () => {
        const dump = succeeded(await lab.run('pkcs15-tool', '--dump'));
        assert.match(dump, key);
        assert.match(dump, /PKCS#15 Card \[656005750199\]/);
        assert.match(dump, /Reference +: 128 \(0x80\)[\s\S]*Tries left +: 3/);
        assert.match(dump, /\[PIV AUTH key\][\s\S]*Key ref +: 154 \(0x9A\)/);
        assert.match(dump, /\[SIGN key\]\n.*\n\tUsage +: .*nonRepudiation/);
        assert.match(dump, /Certificate for PIV Authentication[\s\S]*Certificate for Digital Signature/);
        for (const [name, bytes] of [
          ['Card Capability Container', 53],
          ['Card Holder Unique Identifier', 61],
          ['Discovery Object', 20],
        ])
          assert.match(
            dump,
            new RegExp(`applicationName: ${name}\\n.*\\n.*\\n\\s+Data \\(${bytes} bytes\\)`),
          );
      });

      test('has its own certificates, issued by its authority', async () => {
        for (const { id, slot } of slots) {
          const pem = succeeded(await lab.run('pkcs15-tool', '--read-certificate', id));
          const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN')));
          assert.deepEqual(new Uint8Array(certificate.raw), made.card.certificates?.[slot]);
          assert.ok(certificate.verify(await made.authority.publicKey()));
        }
      });

      test('uses one attempt for a wrong PIN, and the right one restores it', async () => {
        failed(await verifyPin('111111'), /PIN code or key incorrect/);
        assert.equal(await triesLeft(), 2);
        failed(await lab.run('pkcs11-tool', '--test', '--login', '--pin', '222222'), /CKR_PIN_INCORRECT/);
        assert.equal(await triesLeft(), 1);
        succeeded(await verifyPin('123456'));
        failed(await verifyPin('111111'), /PIN code or key incorrect/);
        assert.equal(await triesLeft(), 2);
        succeeded(await verifyPin('123456'));
      });

      test('passes every test of pkcs11-tool', async () => {
        const said = succeeded(await lab.run('pkcs11-tool', '--test', '--login', '--pin', '123456'));
        assert.match(said, /^No errors$/m);
        assert.doesNotMatch(said, /ERR:|error:/i);
        if (keyType === 'RSA-2048') assert.match(said, /all 4 signature functions seem to work/);
      });

      test('signs with either key so that openssl verifies it', async () => {
        const file = (name: string): string => join(folder, `${keyType}-${name}`);
        await writeFile(file('message'), 'a message of a person who does not exist');
        for (const { id, slot } of slots) {
          const { publicKey } = new X509Certificate(made.card.certificates?.[slot] ?? '');
          await writeFile(file('key'), publicKey.export({ type: 'spki', format: 'pem' }));
          const files = ['--input-file', file('message'), '--output-file', file('signature')];
          const how = ['--sign', '--id', id, '--mechanism', mechanism, '--signature-format', 'openssl'];
          succeeded(await lab.run('pkcs11-tool', '--login', '--pin', '123456', ...how, ...files));
          const check = ['dgst', '-sha256', '-verify', file('key'), '-signature', file('signature')];
          assert.match(succeeded(await run('openssl', [...check, file('message')])), /Verified OK/);
          await writeFile(file('other'), `${await readFile(file('message'), 'utf8')}.`);
          failed(await run('openssl', [...check, file('other')]), /Verification failure/i);
        }
      });

      test('lets a user who knows the PIN change it', async () => {
        const change = (pin: string, newPin: string): Promise<Ended> =>
          lab.run('pkcs15-tool', '--change-pin', '--pin', pin, '--new-pin', newPin);
        failed(await change('111111', '654321'), /incorrect/i);
        succeeded(await change('123456', '654321'));
        failed(await verifyPin('123456'), /incorrect/i);
        succeeded(
          await lab.run('pkcs11-tool', '--login', '--pin', '654321', '--change-pin', '--new-pin', '123456'),
        );
        succeeded(await verifyPin('123456'));
      });

      test('is blocked by three wrong PINs, also for the right one, until the unblocking code', async () => {
        for (const left of [2, 1, 0]) {
          failed(await verifyPin('999999'), /incorrect/i);
          assert.equal(await triesLeft(), left);
        }
        failed(await verifyPin('123456'), /blocked/i);
        failed(await lab.run('pkcs11-tool', '--test', '--login', '--pin', '123456'), /CKR_PIN_LOCKED/);
        const unblock = (puk: string): Promise<Ended> =>
          lab.run('pkcs15-tool', '--unblock-pin', '--puk', puk, '--new-pin', '222333');
        failed(await unblock('11111111'), /PUK code incorrect; tries left: 2/);
        succeeded(await unblock('87654321'));
        assert.equal(await triesLeft(), 3);
        succeeded(await verifyPin('222333'));
      });
    });
  }
});
