import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { likeness } from '../../oauth/check.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { codeOf, type Instance, startInstance } from '../testing/instance.ts';
import { redeem } from '../testing/journey.ts';
import { gp } from '../testing/people.ts';
import { beginWith, newProver, type StrongClient, strongClient } from '../testing/strong-client.ts';

// The detail of an error that a developer sees, and that an operator finds in the log by its number.
interface Case {
  name: string;
  ask(cis2: Instance, client: StrongClient): Promise<Reply>;
  /** The expected and the received value. */
  detail(cis2: Instance): RegExp;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const now = (cis2: Instance) => Math.floor(cis2.clock.now() / 1000);
const push = async (client: StrongClient, claims: object, header: object = {}) =>
  client.post('/par', { ...client.ask(), client_assertion: await client.assertion(claims as never, header) });

const cases: Case[] = [
  {
    name: 'the audience of an assertion',
    ask: (cis2, client) => push(client, { aud: `${cis2.issuer}/introspect` }),
    detail: ({ issuer }) =>
      new RegExp(
        `aud is ${escaped(issuer)}/introspect, expected is ${escaped(issuer)} or ${escaped(issuer)}/access_token or ${escaped(issuer)}/par`,
      ),
  },
  {
    name: 'several claims of an assertion at once',
    ask: (cis2, client) => push(client, { aud: 'https://x.example', exp: now(cis2) + 7_200, jti: 7 }),
    detail: () =>
      /aud is https:\/\/x\.example, expected is .*; exp is \d+ \([\d: -]+UTC, 2 h after the request\), expected is .*; jti is 7, expected is none, or a text/,
  },
  {
    name: 'a slash at the end of it',
    ask: (cis2, client) => push(client, { aud: `${cis2.issuer}/` }),
    detail: () => /they differ in the slash at the end only/,
  },
  {
    name: 'the kid of an assertion',
    ask: (_, client) => push(client, {}, { kid: 'old' }),
    detail: () => /no registered key has the kid old; registered kids are: key-1/,
  },
  {
    name: 'a clock that is ahead',
    ask: (cis2, client) => push(client, { iat: now(cis2) + 100, exp: now(cis2) + 160 }),
    detail: () => /the client.s clock is 100 s ahead of ours/,
  },
  {
    name: 'a clock that is behind',
    ask: (cis2, client) => push(client, { iat: now(cis2) - 400, exp: now(cis2) - 100 }),
    detail: () =>
      /exp is \d+ \([\d: -]+UTC, 100 s before the request\), expected is .*; by its iat it was made 400 s before the request/,
  },
  {
    name: 'the algorithm of an assertion',
    ask: (_, client) => push(client, {}, { alg: 'RS256' }),
    detail: () => /alg is RS256, expected is ES256/,
  },
  {
    name: 'a redirect_uri that nearly fits',
    ask: (cis2, client) => {
      const redirect_uri = `${client.registration.redirectUris[0]}/`;
      return new Browser().get(cis2.authorizeUrl(client.registration, { ...client.ask(), redirect_uri }));
    },
    detail: () =>
      /callback\/ is not registered; registered are: \S+callback; they differ in the slash at the end only/,
  },
  {
    name: 'the audience of a request object',
    ask: async (cis2, client) =>
      new Browser().get(
        beginWith(cis2, client, { request: await client.requestObject({ aud: 'https://x.example' }) }),
      ),
    detail: ({ issuer }) => new RegExp(`aud is https://x\\.example, expected is ${escaped(issuer)}`),
  },
  {
    name: 'the address of a DPoP proof',
    ask: async (cis2, client) => {
      const prover = await newProver(cis2);
      return client.redeem('x', { dpop: await prover.proof('POST', 'https://x.example/token') });
    },
    detail: ({ issuer }) =>
      new RegExp(`htu is https://x\\.example/token, called was ${escaped(issuer)}/access_token`),
  },
  {
    name: 'an id_token_hint of another issuer',
    ask: async (cis2, client) => {
      const claims = {
        iss: 'https://other.example',
        aud: client.registration.clientId,
        sub: gp.uid,
        exp: 9e9,
        auth_time: 1,
      };
      const hint = await cis2.keys.sign(claims, { algorithm: 'RS256' });
      return new Browser().get(
        cis2.authorizeUrl(client.registration, { ...client.ask(), id_token_hint: hint }),
      );
    },
    detail: ({ issuer }) => new RegExp(`iss is https://other\\.example, ${escaped(issuer)} was expected`),
  },
  {
    name: 'an id_token_hint by an unknown key',
    ask: async (cis2, client) => {
      const hint = await client.assertion({}, { typ: 'JWT', kid: 'foreign' });
      return new Browser().get(
        cis2.authorizeUrl(client.registration, { ...client.ask(), id_token_hint: hint }),
      );
    },
    detail: () => /kid is foreign, the keys of this issuer are [\w-]{20} [\w-]{20}/,
  },
  {
    name: 'a redirect_uri at the token endpoint that is another',
    ask: async (cis2, client) => {
      const code = codeOf(await cis2.signIn(new Browser(), client.registration, client.ask()));
      return client.redeem(code, {}, { redirect_uri: 'https://app.example.test/other' });
    },
    detail: () =>
      /redirect_uri is https:\/\/app\.example\.test\/other, expected is https:\/\/app\.example\.test\/callback/,
  },
];

describe('error details in development', () => {
  let cis2: Instance;
  let client: StrongClient;
  before(async () => {
    cis2 = await startInstance();
    client = await strongClient(cis2);
    await cis2.agent.signIn(gp.uid);
  });
  after(() => cis2.stop());
  for (const { name, ask, detail } of cases)
    test(name, async () => {
      const reply = await ask(cis2, client);
      const isPage = String(reply.headers['content-type']).startsWith('text/html');
      const said = isPage
        ? reply.body.replaceAll('&#39;', "'").replaceAll('&#x27;', "'")
        : String(reply.headers['x-error-detail']);
      assert.match(said, detail(cis2));
    });
});

describe('error details in production', () => {
  let cis2: Instance;
  let client: StrongClient;
  before(async () => {
    cis2 = await startInstance({ development: false });
    client = await strongClient(cis2);
    await cis2.agent.signIn(gp.uid);
  });
  after(() => cis2.stop());
  test('the metadata lists no level that only development offers', async () => {
    const { body } = await send('GET', `${cis2.issuer}/.well-known/openid-configuration`);
    const { acr_values_supported: values } = JSON.parse(body) as { acr_values_supported: string[] };
    assert.ok(values.includes('AAL3_ANY') && values.includes('AAL3_N3_SMARTCARD'), values.join(' '));
    assert.ok(!values.includes('AAL1_USERPASS'));
  });
  for (const { name, ask, detail } of cases)
    test(name, async () => {
      const reply = await ask(cis2, client);
      assert.equal(reply.headers['x-error-detail'], undefined);
      const isPage = String(reply.headers['content-type']).startsWith('text/html');
      const id = isPage
        ? /<code>([0-9a-f-]{36})<\/code>/.exec(reply.body)?.[1]
        : reply.headers['x-request-id'];
      assert.ok(id);
      const logged = cis2.logged.filter((line) => line.id === id).map((line) => String(line.detail));
      assert.ok(
        logged.some((line) => detail(cis2).test(line)),
        logged.join(' | '),
      );
      for (const line of logged)
        assert.ok(!reply.body.includes(line) && !reply.location.includes(encodeURIComponent(line)));
    });
});

test('no log line and no detail has a secret, code or token', async () => {
  const cis2 = await startInstance();
  try {
    const client = await cis2.register();
    await cis2.agent.signIn(gp.uid);
    const back = await cis2.signIn(new Browser(), client);
    const { access_token: token, id_token: idToken } = await redeem(cis2, client, back);
    const secret = 'a-wrong-secret-that-somebody-typed';
    const form = {
      grant_type: 'authorization_code',
      code: codeOf(back),
      client_id: client.clientId,
      client_secret: secret,
    };
    await new Browser().post(`${cis2.issuer}/access_token`, form);
    await send('GET', `${cis2.issuer}/userinfo`, { authorization: `Bearer ${token}x` });
    const text = JSON.stringify(cis2.logged);
    for (const hidden of [secret, token, idToken, codeOf(back)]) assert.ok(!text.includes(hidden));
  } finally {
    await cis2.stop();
  }
});

describe('likeness', () => {
  const path = '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare';
  const rows: [string, string, RegExp | undefined][] = [
    [
      `https://am.example.test${path}`,
      `https://am.example.test:443${path}`,
      /:443 only, which has to be there/,
    ],
    [
      `https://am.example.test:443${path}`,
      `https://am.example.test${path}`,
      /:443 only, which has to be left out/,
    ],
    [`https://am.example.test/`, 'https://am.example.test', /slash/],
    ['https://other.example.test', 'https://am.example.test', undefined],
    ['https://am.example.test:4431/', 'https://am.example.test/', undefined],
    ['https://am.example.test', 'https://am.example.test', undefined],
  ];
  for (const [received, expected, hint] of rows)
    test(`explains ${received} instead of ${expected}`, () => {
      const found = likeness(received, expected);
      if (hint) assert.match(found ?? '', hint);
      else assert.equal(found, undefined);
    });
});
