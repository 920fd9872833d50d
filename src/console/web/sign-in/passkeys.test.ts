import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '@alongside/kernel/errors';
import fc from 'fast-check';
import { parseObject, readShape } from '../../model/request.ts';
import { invitationToken, joinBody, signInBody } from './passkeys.ts';

const text64 = fc.stringMatching(/^[\w-]{1,60}$/);
const common = { id: text64, rawId: text64, type: fc.constant('public-key') };
const plain = { noNullPrototype: true };
const registration = fc.record(
  {
    ...common,
    response: fc.record({ clientDataJSON: text64, attestationObject: text64 }, plain),
  },
  plain,
);
const authentication = fc.record(
  {
    ...common,
    response: fc.record(
      {
        clientDataJSON: text64,
        authenticatorData: text64,
        signature: text64,
        userHandle: text64,
      },
      plain,
    ),
  },
  plain,
);

describe('bodies of passkey ceremonies', () => {
  test('keep the used members of a response unchanged', () => {
    fc.assert(
      fc.property(text64, registration, authentication, (token, made, used) => {
        const more = { authenticatorAttachment: 'platform', clientExtensionResults: {} };
        assert.deepEqual(readShape(joinBody, { token, response: { ...made, ...more } }), {
          token,
          response: made,
        });
        assert.deepEqual(readShape(signInBody, { response: { ...used, ...more } }), { response: used });
      }),
    );
  });

  test('refuse any other text with 400', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ token: fc.anything(), response: fc.anything() }).map((value) => {
            try {
              return JSON.stringify(value) ?? '';
            } catch {
              return '';
            }
          }),
        ),
        (text) => {
          for (const shape of [joinBody, signInBody])
            assert.throws(
              () => readShape(shape, parseObject(text)),
              (error) => error instanceof Refusal && error.entry.status === 400,
            );
        },
      ),
    );
  });

  test('limit each length and require the user handle', () => {
    const response = { clientDataJSON: 'a', authenticatorData: 'a', signature: 'a', userHandle: 'a' };
    const whole = { id: 'a', rawId: 'a', type: 'public-key', response };
    assert.ok(readShape(signInBody, { response: whole }));
    for (const changed of [
      { ...whole, id: 'a'.repeat(1_365) },
      { ...whole, type: 'password' },
      { ...whole, response: { ...response, signature: 'a'.repeat(8_193) } },
      { ...whole, response: { ...response, userHandle: undefined } },
    ])
      assert.throws(() => readShape(signInBody, { response: changed }), Refusal);
  });

  test('accept only base64url as an invitation token', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(
          invitationToken.safeParse(text).success,
          /^[\w-]{1,100}$/.test(text) && !text.includes('\n'),
        );
      }),
    );
  });
});
