import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { jwtVerify } from 'jose';
import { createApplicationRestricted } from '../../client/index.ts';
import { openHsmKey } from '../../examples/hsm-key.ts';
import type { CardKeyTypeId } from '../../identity-agent/card/key-types.ts';
import { needing, pathOf } from './testing/programs.ts';
import { makeSoftToken, softToken } from './testing/soft-token.ts';

async function openKey(t: TestContext, keyType: CardKeyTypeId) {
  const token = await makeSoftToken(keyType);
  const at = { module: pathOf('SoftHSM2'), token: softToken.label, pin: softToken.pin, label: 'key 1' };
  const key = openHsmKey(at);
  t.after(async () => {
    key.close();
    await token.close();
  });
  const privateKey = Buffer.from(token.keys.authentication.privateKey);
  const publicKey = createPublicKey(createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' }));
  return { key, publicKey };
}

describe('the example of a key behind PKCS#11, with SoftHSM2', needing(['SoftHSM2']), () => {
  test('signs the client assertion of an application', async (t) => {
    const { key, publicKey } = await openKey(t, 'RSA-2048');
    const assertions: string[] = [];
    const tokens = createApplicationRestricted({
      tokenUrl: 'https://platform.test/oauth2/token',
      clientId: 'clinic',
      key: { kid: 'hsm-1', sign: key.sign },
      fetch: async (_, init) => {
        assertions.push(String(new URLSearchParams(String(init?.body)).get('client_assertion')));
        return Response.json({ access_token: 'token', expires_in: '599', token_type: 'Bearer' });
      },
    });
    await tokens.freshToken();
    const { payload, protectedHeader } = await jwtVerify(String(assertions[0]), publicKey);
    assert.deepEqual([payload.iss, protectedHeader.alg, protectedHeader.kid], ['clinic', 'RS512', 'hsm-1']);
  });

  test('signs with ES256 as r and s, also twice at once, and with no unknown algorithm', async (t) => {
    const { key, publicKey } = await openKey(t, 'EC-P256');
    const messages = ['one', 'two'].map((message) => Buffer.from(message));
    const signatures = await Promise.all(messages.map((message) => key.sign(message, 'ES256')));
    for (const [index, signature] of signatures.entries())
      assert.ok(
        verify(
          'sha256',
          messages[index] ?? Buffer.of(),
          { key: publicKey, dsaEncoding: 'ieee-p1363' },
          signature,
        ),
      );
    await assert.rejects(key.sign(Buffer.from('one'), 'none'), /does not sign with none/);
  });
});
