import { createPrivateKey } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueKeys } from '../../../identity-agent/card/card-issue.ts';
import type { CardKeyTypeId } from '../../../identity-agent/card/key-types.ts';
import { TestAuthority } from '../../../identity-agent/card/testing/card.ts';
import { pathOf, run } from './programs.ts';

export const softToken = { label: 'alongside', pin: '123456', puk: '87654321' } as const;

/** Writes a file into the temporary folder. */
type Keep = (name: string, content: string | Uint8Array) => Promise<string>;

/** A SoftHSM2 token in a temporary folder, with the two keys and certificates of a card. */
export async function makeSoftToken(keyType: CardKeyTypeId) {
  const folder = await mkdtemp(join(tmpdir(), 'softhsm-'));
  const keep: Keep = async (name, content) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  await mkdir(join(folder, 'tokens'));
  const configuration = `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`;
  // Read by the module in this process's children.
  process.env.SOFTHSM2_CONF = await keep('softhsm2.conf', configuration);
  const { label, pin, puk } = softToken;
  const softhsm = async (...args: string[]): Promise<void> => {
    const { code, said } = await run('softhsm2-util', args);
    if (code !== 0) throw new Error(said);
  };
  await softhsm('--init-token', '--free', '--label', label, '--so-pin', puk, '--pin', pin);
  const card = { uid: '656005750199', serial: '100000000001', profile: 'standard', keyType } as const;
  const keys = await issueKeys(card, new TestAuthority());
  const slots = [keys.authentication, keys.signing];
  for (const [index, { privateKey }] of slots.entries()) {
    const key = createPrivateKey({ key: Buffer.from(privateKey), type: 'pkcs8', format: 'der' });
    const file = await keep(`key-${index}.pem`, key.export({ type: 'pkcs8', format: 'pem' }));
    const named = ['--label', `key ${index + 1}`, '--id', `0${index + 1}`];
    await softhsm('--import', file, '--token', label, '--pin', pin, ...named);
  }
  await writeCertificates(slots.map(({ certificate }) => certificate));
  return { keys, close: () => rm(folder, { recursive: true, force: true }) };
}

/** softhsm2-util cannot store a certificate. */
async function writeCertificates(certificates: readonly Uint8Array[]): Promise<void> {
  // Loaded here, because it may be missing where these tests do not run.
  const { default: pkcs11js } = await import('pkcs11js');
  const module = new pkcs11js.PKCS11();
  module.load(pathOf('SoftHSM2'));
  module.C_Initialize();
  const [slot] = module.C_GetSlotList(true);
  if (!slot) throw new Error('The token is missing.');
  const session = module.C_OpenSession(slot, pkcs11js.CKF_RW_SESSION | pkcs11js.CKF_SERIAL_SESSION);
  module.C_Login(session, pkcs11js.CKU_USER, softToken.pin);
  for (const [index, certificate] of certificates.entries())
    module.C_CreateObject(session, [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_CERTIFICATE },
      { type: pkcs11js.CKA_CERTIFICATE_TYPE, value: pkcs11js.CKC_X_509 },
      { type: pkcs11js.CKA_TOKEN, value: true },
      { type: pkcs11js.CKA_PRIVATE, value: false },
      { type: pkcs11js.CKA_ID, value: Buffer.from([index + 1]) },
      { type: pkcs11js.CKA_SUBJECT, value: Buffer.from([0x30, 0x00]) },
      { type: pkcs11js.CKA_VALUE, value: Buffer.from(certificate) },
    ]);
  module.C_Finalize();
  module.close();
}
