import assert from 'node:assert/strict';
import { constants, createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { Unavailable } from '@alongside/kernel/kernel-errors';
import { type KeySet, SigningKeys } from '@alongside/kernel/keys';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { Vault } from '@alongside/kernel/secrets';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { MasterKeyFile } from '../../src/boot/master-key.ts';
import { SigningToken } from '../../src/boot/signing/token.ts';
import { main } from '../../src/cli/testing/command.ts';
import { openInstance } from '../../src/kit/instance.ts';
import { startInstanceProcess } from '../../src/kit/instance-process.ts';
import type { Database } from '../../src/storage/database.ts';
import { connectDatabase } from '../../src/storage/dialects.ts';
import { migrate } from '../../src/storage/migrations.ts';
import { StoredKeys } from '../../src/storage/signing-keys.ts';
import { needing, pathOf, run } from './testing/programs.ts';

const pin = '4471-signing';
const label = 'signing';
const algorithms = ['RS256', 'RS512', 'PS256', 'ES256'] as const;
const verified = (jwt: string, set: KeySet) => jwtVerify(jwt, createLocalJWKSet(set as JSONWebKeySet));

describe('signing keys in a SoftHSM2 token', needing(['SoftHSM2', 'pkcs11js']), () => {
  const folder = mkdtempSync(join(tmpdir(), 'signing-token-'));
  const clock = new ManualClock(1_790_000_000_000);
  let module: string;
  let database: Database;
  let token: SigningToken;
  const settings = (signingPin: string) => ({ signingModule: module, signingToken: label, signingPin });
  const keysWith = (own: SigningToken | undefined) =>
    new SigningKeys('cis2', new StoredKeys(database, new Vault(Buffer.alloc(32, 1))), clock, 'urlSafe', own);

  before(async () => {
    module = pathOf('SoftHSM2');
    mkdirSync(join(folder, 'tokens'));
    process.env.SOFTHSM2_CONF = join(folder, 'softhsm2.conf');
    writeFileSync(process.env.SOFTHSM2_CONF, `directories.tokendir = ${join(folder, 'tokens')}\n`);
    const made = await run('softhsm2-util', [
      '--init-token',
      '--free',
      '--label',
      label,
      '--so-pin',
      '87654321',
      '--pin',
      pin,
    ]);
    assert.equal(made.code, 0, made.said);
    database = await connectDatabase(':memory:', folder);
    await migrate(database);
    token = (await SigningToken.open(settings(pin))) ?? assert.fail();
  });
  after(async () => {
    await token?.close();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('are created, used and removed through node:ffi as well', async () => {
    const direct = (await SigningToken.open(settings(pin), true)) ?? assert.fail();
    try {
      for (const algorithm of algorithms) {
        const { key, publicJwk } = await direct.create(algorithm, 'direct');
        const signature = await direct.sign(algorithm, key, Buffer.from('data'));
        const padding = algorithm === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
        const hash = algorithm === 'RS512' ? 'sha512' : 'sha256';
        const publicKey = { key: createPublicKey({ key: publicJwk, format: 'jwk' }), padding };
        const how = { ...publicKey, dsaEncoding: 'ieee-p1363' as const };
        assert.ok(verify(hash, Buffer.from('data'), how, signature), algorithm);
        await direct.remove(key);
        await assert.rejects(direct.sign(algorithm, key, Buffer.from('data')));
      }
    } finally {
      await direct.close();
    }
  });

  test('sign by every algorithm, and their public parts are published', async () => {
    const keys = keysWith(token);
    for (const algorithm of algorithms) {
      const jwt = await keys.sign({ sub: algorithm }, { algorithm });
      const { payload, protectedHeader } = await verified(jwt, await keys.jwks());
      assert.deepEqual([payload.sub, protectedHeader.alg], [algorithm, algorithm]);
    }
    await keys.reread();
    const { keys: published } = await keys.jwks();
    assert.equal(published.length, algorithms.length);
    assert.ok(published.every((key) => !('d' in key)));
    await assert.rejects(keys.sign({}, { algorithm: 'EdDSA' }), /no EdDSA keys in a token/);
  });

  /** Runs a check with each private key of the token, in a process that has logged in. */
  async function eachKey(check: (label: string, read: (attribute: number) => void) => void): Promise<void> {
    const { default: pkcs11js } = await import('pkcs11js');
    const library = new pkcs11js.PKCS11();
    library.load(module);
    library.C_Initialize();
    try {
      const slot = library
        .C_GetSlotList(true)
        .find((one) => library.C_GetTokenInfo(one).label.trim() === label);
      const session = library.C_OpenSession(slot ?? assert.fail(), pkcs11js.CKF_SERIAL_SESSION);
      library.C_Login(session, pkcs11js.CKU_USER, pin);
      library.C_FindObjectsInit(session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY }]);
      for (const key of library.C_FindObjects(session, 20)) {
        const read = (type: number) => library.C_GetAttributeValue(session, key, [{ type }])[0]?.value;
        check(String(read(pkcs11js.CKA_LABEL)), read);
      }
    } finally {
      library.C_Finalize();
      library.close();
    }
  }

  test('cannot be read from the token', async () => {
    const { default: pkcs11js } = await import('pkcs11js');
    let found = 0;
    await eachKey((_label, read) => {
      found += 1;
      for (const type of [pkcs11js.CKA_VALUE, pkcs11js.CKA_PRIVATE_EXPONENT])
        assert.throws(() => read(type), /CKR_/);
    });
    assert.equal(found, algorithms.length);
  });

  test('rotate: a successor in the token signs, and the earlier key still verifies', async () => {
    const keys = keysWith(token);
    const before = await keys.sign({}, { algorithm: 'ES256' });
    await keys.rotate('now');
    const later = await keys.sign({}, { algorithm: 'ES256' });
    const kids = [before, later].map(
      (jwt) => JSON.parse(String(Buffer.from(jwt.split('.')[0] ?? '', 'base64url'))).kid,
    );
    assert.notEqual(kids[0], kids[1]);
    for (const jwt of [before, later]) await verified(jwt, await keys.jwks());
  });

  test('are not made twice by two processes at once', async (t) => {
    const service = (own: SigningToken) =>
      new SigningKeys(
        'authorisation',
        new StoredKeys(database, new Vault(Buffer.alloc(32, 1))),
        clock,
        'urlSafe',
        own,
      );
    const other = (await SigningToken.open(settings(pin))) ?? assert.fail();
    t.after(() => other.close());
    const [one, two] = [service(token), service(other)];
    await Promise.all([one.ensure('ES256'), two.ensure('ES256')]);
    await verified(await one.sign({}, { algorithm: 'ES256' }), await two.jwks());
  });

  test('need the token again: without its settings a sentence, while it is lost 503, afterwards signatures', async () => {
    await assert.rejects(
      keysWith(undefined).reread(),
      (error) => error instanceof OperatorError && /is in a token: set --signing-module/.test(error.message),
    );
    const keys = keysWith(token);
    await keys.reread();
    renameSync(join(folder, 'tokens'), join(folder, 'away'));
    mkdirSync(join(folder, 'tokens'));
    await token.close();
    await assert.rejects(keys.reread(), Unavailable);
    await assert.rejects(keys.sign({}, { algorithm: 'RS256' }), Unavailable);
    rmSync(join(folder, 'tokens'), { recursive: true });
    renameSync(join(folder, 'away'), join(folder, 'tokens'));
    for (let isBack = false; !isBack; )
      isBack = await keys.sign({}, { algorithm: 'RS256' }).then(
        () => true,
        () => new Promise((resolve) => setTimeout(resolve, 50, false)),
      );
    await keys.reread();
  });

  test('are refused with a wrong PIN or module, in one sentence without the PIN', async () => {
    for (const [wrong, reason, kind] of [
      [{ ...settings(pin), signingToken: 'another' }, /it has no token another: set --signing-token/],
      [{ ...settings(pin), signingModule: '/no/module.so' }, /cannot be used/],
      [{ ...settings(pin), signingPin: undefined }, /need --signing-module and --signing-pin/],
      [{ ...settings(pin), signingModule: undefined }, /need --signing-module and --signing-pin/],
      // With exit code 2 systemd does not start again, so it does not lock the token.
      [settings('wrong-pin'), /CKR_PIN_INCORRECT\. Correct --signing-pin/, UsageError],
    ] as const)
      await assert.rejects(SigningToken.open(wrong), (error) => {
        assert.ok(error instanceof (kind ?? OperatorError));
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /wrong-pin|4471/);
        return true;
      });
  });

  /** Starts an instance with its keys in the token. */
  async function startInstance() {
    writeFileSync(join(folder, 'pin'), `${pin}\n`, { mode: 0o600 });
    const at = ['--signing-module', module, '--signing-token', label];
    const started = await startInstanceProcess({
      program: [process.execPath, main],
      args: [...at, '--signing-pin', `@${join(folder, 'pin')}`],
    });
    return { started, instance: await openInstance(started.state.urls.console, started) };
  }

  test('sign the tokens of an instance', async () => {
    const { started, instance } = await startInstance();
    try {
      await instance.desk('gp');
      const { status } = await instance.browser().goto(`${instance.urls.sample}/sign-in/separate`);
      assert.equal(status, 200);
      assert.equal((await fetch(`${instance.urls.api}/readyz`)).status, 200);
    } finally {
      await started.stop();
    }
  });

  test('sign documents for people, one key for each person', async () => {
    const { started, instance } = await startInstance();
    const uid = '656005750108';
    const ofPerson = async () => {
      let found = 0;
      await eachKey((label) => {
        if (label === `alongside signing ${uid}`) found += 1;
      });
      return found;
    };
    const signed = async (algorithm: 'RS256' | 'RS1', documents: string[]) => {
      const { signatures, certificate } = await instance.sign('gp', documents, { algorithm });
      const { publicKey, serialNumber } = new X509Certificate(Buffer.from(certificate, 'base64'));
      const hash = algorithm === 'RS1' ? 'sha1' : 'sha256';
      for (const [place, document] of documents.entries()) {
        const signature = Buffer.from(signatures[place]?.signature ?? '', 'base64');
        assert.ok(verify(hash, Buffer.from(document, 'base64'), publicKey, signature), algorithm);
      }
      return serialNumber;
    };
    try {
      const many = Array.from({ length: 250 }, (_, n) => Buffer.from(`document ${n}`).toString('base64'));
      const first = await signed('RS256', many);
      assert.equal(await signed('RS1', ['YQ==']), first, 'the same key');
      assert.equal(await ofPerson(), 1);
      const revoked = await fetch(`${instance.urls.console}/api/v1/people/${uid}/signing/revoke`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'keyCompromise' }),
      });
      assert.ok(revoked.ok);
      assert.notEqual(await signed('RS256', ['YQ==']), first, 'a new key');
      assert.equal(await ofPerson(), 1, 'the key without a certificate has left the token');
    } finally {
      await started.stop();
    }
  });

  test('the master key can be unwrapped in the token by a command', async () => {
    const at = ['--module', module, '--token-label', label, '--login', '--pin', pin];
    const tool = async (program: string, ...args: string[]) => {
      const { code, said } = await run(program, args);
      assert.equal(code, 0, said);
    };
    const file = (name: string) => join(folder, name);
    writeFileSync(file('plain'), `${randomBytes(32).toString('base64url')}\n`);
    await tool(
      'pkcs11-tool',
      ...at,
      '--keypairgen',
      '--key-type',
      'rsa:2048',
      '--id',
      '4d',
      '--label',
      'master',
    );
    await tool(
      'pkcs11-tool',
      ...at,
      '--read-object',
      '--type',
      'pubkey',
      '--id',
      '4d',
      '--output-file',
      file('pub'),
    );
    await tool(
      ...(['openssl', 'pkeyutl', '-encrypt', '-pubin', '-keyform', 'DER', '-inkey', file('pub')] as const),
      '-pkeyopt',
      'rsa_padding_mode:oaep',
      '-in',
      file('plain'),
      '-out',
      file('master.key.wrapped'),
    );
    const command = `PIN=$(cat '${file('pin')}') pkcs11-tool --module '${module}' --token-label '${label}' --login --pin env:PIN --decrypt --mechanism RSA-PKCS-OAEP --hash-algorithm SHA-1 --id 4d --input-file '${file('master.key.wrapped')}' 2>/dev/null | head -n 1`;
    const wrapped = new MasterKeyFile(folder, { masterKeyCommand: command }).read();
    const plain = new MasterKeyFile(folder, { masterKey: file('plain') }).read();
    assert.equal(wrapped?.serviceSecret('a', 'b'), plain?.serviceSecret('a', 'b'));
  });
});
