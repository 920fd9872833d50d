import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cheapHash } from '../../testing/cheap-hash.ts';
import { demoHash, demoPassword, emailOf } from './accounts.ts';
import { hashPassword, passwordHolds, readHash } from './hash.ts';
import { type PasswordProblem, passwordProblem } from './rules.ts';

describe('password hash', () => {
  test('accepts only its password, and contains its cost', async () => {
    const hash = await hashPassword('three words apart');
    assert.match(hash, /^\$scrypt\$ln=15,r=8,p=3\$/);
    assert.equal(await passwordHolds('three words apart', hash), true);
    assert.equal(await passwordHolds('three words apart ', hash), false);
    assert.equal(await passwordHolds('', hash), false);
    assert.notEqual(await hashPassword('three words apart'), hash);
  });
  test('accepts the same letters in another composition', async () => {
    assert.equal(await passwordHolds('cafe\u0301 au lait', await hashPassword('caf\u00e9 au lait')), true);
  });
  test('accepts a password under the cost in the hash', async () => {
    assert.equal(await passwordHolds('x', cheapHash('x')), true);
    assert.equal(await passwordHolds('y', cheapHash('x')), false);
    const changed = cheapHash('x').replace('ln=10', 'ln=11');
    assert.equal(await passwordHolds('x', changed), false);
    assert.deepEqual({ ...readHash(changed), salt: 0, key: 0 }, { ln: 11, r: 8, p: 1, salt: 0, key: 0 });
  });
  test('refuses every password without a hash', async () => {
    assert.equal(await passwordHolds('', undefined), false);
    assert.equal(await passwordHolds('anything', 'not a hash'), false);
  });
  test('accepts the seeded password for the seeded hash', async () => {
    assert.equal(await passwordHolds(demoPassword, demoHash), true);
  });
  test('refuses other text and excessive costs', () => {
    const salt = 'A'.repeat(22);
    const key = 'A'.repeat(43);
    for (const wrong of [
      `$scrypt$ln=30,r=8,p=1$${salt}$${key}`,
      `$scrypt$ln=15,r=99,p=1$${salt}$${key}`,
      `$scrypt$ln=0,r=8,p=1$${salt}$${key}`,
      `$scrypt$ln=15,r=8,p=1$${salt}$`,
      `$scrypt$ln=15,r=8,p=1$${salt}$${key}$`,
      `$argon2id$v=19$m=65536$${salt}$${key}`,
    ])
      assert.equal(readHash(wrong), undefined, wrong);
    fc.assert(fc.property(fc.string(), (text) => readHash(text) === undefined));
  });
});

describe('new password', () => {
  const own = ['ada@example.test', 'ada', 'Ada', 'Example', '656005750108'];
  const cases: [string, string, PasswordProblem | undefined][] = [
    ['eleven char', 'eleven char', 'tooShort'],
    ['twelve chars', 'twelve chars', undefined],
    ['a'.repeat(129), 'a'.repeat(129), 'tooLong'],
    ['Password-1234', 'Password-1234', 'known'],
    ['Correct Horse Battery Staple', 'Correct Horse Battery Staple', 'known'],
    ['aaaaaaaaaaaa', 'aaaaaaaaaaaa', 'known'],
    ['abcabcabcabc', 'abcabcabcabc', 'known'],
    ['123456789012', '123456789012', 'known'],
    ['ada@example.test', 'ada@example.test', 'own'],
    ['example 2026!', 'example 2026!', 'own'],
    ['656005750108', '656005750108', 'own'],
    ['green lamp for example', 'green lamp for example', undefined],
    ['green lamp sofa', 'green lamp soda', 'unequal'],
    ['👩‍⚕️ and a green lamp', '👩‍⚕️ and a green lamp', undefined],
  ];
  for (const [password, repeated, problem] of cases)
    test(`${problem === undefined ? 'accepts' : `reports ${problem} for`} ${password.slice(0, 40)}`, () => {
      assert.equal(passwordProblem(password, repeated, own), problem);
    });
  test('refuses the most common passwords of the shortest length and more', () => {
    // The first ones of the list, some between, and the last one before 3,000.
    const common =
      '123qweasdzxc 1qaz2wsx3edc Qazwsxedcrfv 123456qwerty sonyericsson leavemealone unbelievable finalfantasy needforspeed ' +
      'newproject2004 gfhjkmgfhjkm 1qaz2wsx3edc4rfv justinbieber qwerty123456 questpistols q1w2e3r4t5y6u georgegeorge gearsofwar2012 gaga_123_gaga fyutkbyf2005';
    for (const password of common.split(' '))
      assert.equal(passwordProblem(password, password, []), 'known', password);
  });
  test('accepts long passwords that no list contains', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (bytes) => {
        const password = Buffer.from(bytes).toString('hex');
        fc.pre(new Set(password).size > 6);
        assert.equal(passwordProblem(password, password, []), undefined);
      }),
    );
  });
  test('checks any text without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.array(fc.string()), (text, words) => {
        passwordProblem(text, text, words);
      }),
    );
  });
});

describe('e-mail address', () => {
  const cases: [string | undefined, string | undefined][] = [
    [' Ada@Example.Test ', 'ada@example.test'],
    ['ada.b+c@example.test', 'ada.b+c@example.test'],
    ['zo\u0065\u0308@example.test', 'zo\u00eb@example.test'],
    ['ada@localhost', 'ada@localhost'],
    ['ada@xn--bcher-kva.test', 'ada@xn--bcher-kva.test'],
    ['ada@example-.test', undefined],
    ['ada', undefined],
    ['@example.test', undefined],
    ['ada@', undefined],
    ['ada@example..test', undefined],
    ['ada@-example.test', undefined],
    ['a da@example.test', undefined],
    ['ada@example.test\r\nBcc: eve@example.test', undefined],
    ['<ada@example.test>', undefined],
    ['ada\0@example.test', undefined],
    [`${'a'.repeat(65)}@example.test`, undefined],
    [`ada@${'a'.repeat(300)}`, undefined],
    ['', undefined],
    [undefined, undefined],
  ];
  for (const [given, email] of cases)
    test(`reads ${JSON.stringify(given)?.slice(0, 40)} as ${email ?? 'undefined'}`, () => {
      assert.equal(emailOf(given), email);
    });
  test('reads a normalised address as itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'grapheme' })), (text) => {
        const email = emailOf(text);
        return email === undefined || emailOf(email) === email;
      }),
    );
  });
  test('accepts every plain address', () => {
    fc.assert(
      fc.property(
        fc.emailAddress({ size: 'small' }),
        (text) => emailOf(text) !== undefined || /["(),:;<>[\\\]]/.test(text),
      ),
    );
  });
});
