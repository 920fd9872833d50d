import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { OperatorError, UsageError } from '@alongside/kernel/operator';
import { startInstance, type TestInstance } from '../../test/testing/instance.ts';
import { invoke, invokeJson, runProcess } from './testing/command.ts';

let instance: TestInstance;
let here: string[];
const folder = mkdtempSync(join(tmpdir(), 'alongside-cli-'));

const file = (name: string, value: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
};
const run = (...argv: string[]) => invoke([...argv, ...here]);
const json = <T = Record<string, unknown>>(...argv: string[]) => invokeJson<T>([...argv, ...here]);

before(async () => {
  instance = await startInstance();
  here = ['--state', instance.state.stateFile];
});
after(async () => {
  await instance.stop();
  rmSync(folder, { recursive: true });
});

describe('a stored name with control characters', () => {
  const hostile = 'Clinic\u202eko\u2066\u00ad end';

  test('is printed without them by each command', async () => {
    const { id } = await instance.api<{ id: string }>('POST', '/applications', {
      name: hostile,
      platform: { callbackUrls: ['https://example.test/callback'] },
    });
    for (const argv of [
      ['app', 'list'],
      ['app', 'show', id],
      ['app', 'list', '--json'],
    ]) {
      const { code, out, err } = await runProcess([...argv, ...here]);
      assert.equal(code, 0, err);
      assert.match(out, /Clinic\\u202eko/);
      for (const line of out.trimEnd().split('\n')) assert.doesNotMatch(line, /\p{C}/u);
      if (argv.includes('--json'))
        assert.ok(JSON.stringify(JSON.parse(out)).includes(JSON.stringify(hostile)));
    }
  });

  test('is printed without them in the reason of a refusal', async () => {
    const query = new URLSearchParams({
      client_id: 'x\u001b[2J\r\nok\u202e\u2028y\u2029z',
      response_type: 'code',
      state: 's',
    });
    const refused = await fetch(`${instance.urls.api}/oauth2/authorize?${query}`);
    const [id = ''] = /[0-9a-f-]{36}/.exec(await refused.text()) ?? [];
    const { code, out, err } = await runProcess(['explain', id, ...here]);
    assert.equal(code, 0, err);
    assert.match(out, /x\\u001b\[2J\\u000d\\u000aok\\u202e\\u2028y\\u2029z/);
    for (const line of out.trimEnd().split('\n')) assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u);
  });
});

describe('values chosen by the caller', () => {
  test('let a citizen sign in at the mock realm with the given number and names', async () => {
    const number = '9990001234';
    const form = async () => {
      const client = {
        client_id: 'test-client-nhs-login',
        redirect_uri: 'https://example.test/c',
        state: 's',
      };
      const realm = `${new URL(instance.urls.cis2Issuer).origin}/realms/NHS-Login-mock-internal-dev/protocol/openid-connect`;
      const query = new URLSearchParams({ ...client, response_type: 'code', scope: 'openid', nonce: 'n' });
      const page = await (await fetch(`${realm}/auth?${query}`)).text();
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
      const body = new URLSearchParams({ username: number, login: 'Sign In' });
      return fetch(action, { method: 'POST', body, redirect: 'manual' });
    };
    assert.notEqual((await form()).status, 302);
    const added = await run(
      'citizen',
      'add',
      number,
      '--given',
      'Ada',
      '--family',
      'BELL',
      '--proofing',
      'P5',
    );
    assert.deepEqual(added.lines, [`Ada BELL (${number}, P5) can sign in.`]);
    assert.equal((await form()).status, 302);
    assert.deepEqual((await run('citizen', 'list')).lines, [`${number}  P5  Ada BELL`]);
    await run('citizen', 'remove', number);
    await assert.rejects(run('citizen', 'remove', number), OperatorError);
    await assert.rejects(run('citizen', 'add', '123', '--given', 'A', '--family', 'B'), /ten digits/);
  });

  test('add a patient that the PDS returns, and a population that a second call completes', async () => {
    const newby = ['--family', 'Newby', '--given', 'Robin', '--born', '1990-10-22', '--gender', 'female'];
    const added = await run(
      'patients',
      'add',
      ...newby,
      '--line',
      '1 Way',
      '--line',
      'Leeds',
      '--postcode',
      'ls1 6ae',
    );
    assert.deepEqual(added.lines, ['Added Robin Newby, NHS number 5182663366.']);
    assert.deepEqual((await run('patients', 'list', 'Newby')).lines, [
      '5182663366  Robin Newby  1990-10-22  female  LS1 6AE',
    ]);
    assert.deepEqual((await run('patients', 'show', '5182663366')).lines, [
      '5182663366  Robin Newby',
      'born 1990-10-22, female',
      'home: 1 Way, Leeds, LS1 6AE',
      'version 1, unrestricted',
    ]);
    await assert.rejects(run('patients', 'add', ...newby, '--number', '5182663366'), /taken/);
    await assert.rejects(run('patients', 'add', ...newby, '--number', '5182663367'), /nhsNumber/);
    await assert.rejects(run('patients', 'add', ...newby, '--born', '1990-02-30'), /birthDate/);
    await assert.rejects(run('patients', 'add', '--family', 'Newby'), UsageError);
    await assert.rejects(run('patients', 'show', '9111231130'), OperatorError);
    for (const count of ['0', 'many', '1.5'])
      await assert.rejects(run('patients', 'generate', '--count', count), UsageError);
    assert.deepEqual(await json('patients', 'generate', '--count', '2'), { patients: 2, added: 2 });
    const first = await json<{ patients: number; added: number }>('patients', 'generate', '--count', '600');
    assert.deepEqual([first.patients, first.added >= 597], [600, true]);
    const second = await json<{ patients: number; added: number }>('patients', 'generate', '--count', '700');
    assert.deepEqual([second.patients, second.added], [700, 100]);
  });

  test('give an application its client ids and secrets', async () => {
    const chosen = [
      '--client-id',
      'chosen-platform',
      '--client-secret',
      'chosen-secret-1',
      '--cis2-client-id',
      'chosen-cis2',
      '--cis2-client-secret',
      'chosen-secret-2',
    ];
    const halves = ['--callback', 'http://localhost:3000/c', '--redirect', 'http://localhost:3000/c'];
    const made = await json('app', 'add', '--name', 'Chosen', ...halves, ...chosen);
    assert.deepEqual(
      [made.platform, made.cis2],
      [
        { clientId: 'chosen-platform', clientSecret: 'chosen-secret-1' },
        { clientId: 'chosen-cis2', clientSecret: 'chosen-secret-2' },
      ],
    );
    const token = await fetch(
      `${instance.urls.cis2Issuer.split('/openam')[0]}/realms/Cis2-mock-x/protocol/openid-connect/token`,
      {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: 'none',
          redirect_uri: 'http://localhost:3000/c',
          client_id: 'chosen-cis2',
          client_secret: 'chosen-secret-2',
        }),
      },
    );
    assert.equal(((await token.json()) as { error: string }).error, 'invalid_grant', 'the client is known');
    await assert.rejects(json('app', 'add', '--name', 'Again', ...halves, ...chosen), /another application/);
    await assert.rejects(
      run('app', 'edit', String(made.id), '--set', 'credentials={"platform":{"clientId":"x"}}'),
      /new application/,
    );
    await run('app', 'remove', String(made.id));
  });

  test('give a person their role ids', async () => {
    const roleName = '"Clinical":"Clinical Provision":"Nurse Access Role"';
    const role = { roleId: '555000111222', roleCode: 'S8000:G8000:R8001', roleName, orgCode: 'RXX97' };
    const person = {
      uid: '910000000009',
      givenName: 'Ada',
      familyName: 'Bell',
      roles: [role],
      organisations: [{ orgCode: 'RXX97', orgName: 'A HOSPITAL' }],
    };
    await run('person', 'add', '--json-file', file('chosen-person.json', person));
    const shown = await json<{ roles: { roleId: string }[] }>('person', 'show', '910000000009');
    assert.deepEqual(
      shown.roles.map(({ roleId }) => roleId),
      ['555000111222'],
    );
    await run('person', 'remove', '910000000009');
  });
});

describe('alongside keys', () => {
  test('lists and rotates keys, now or later', async () => {
    interface Key {
      service: string;
      kid: string;
      state: string;
    }
    const signing = async () => {
      const { keys } = await json<{ keys: Key[] }>('keys', 'list');
      return keys
        .filter(({ service, state }) => service === 'cis' && state === 'signing')
        .map(({ kid }) => kid);
    };
    // CIS creates its key at the first request for it.
    await fetch(`${instance.urls.cis}/jwks`);
    const first = await signing();
    assert.equal(first.length, 1);
    const later = await run('keys', 'rotate', 'cis');
    assert.match(later.lines.join('\n'), /cis.*announced/);
    assert.match(later.notes.join(), /announced/);
    assert.deepEqual(await signing(), first);
    await run('keys', 'rotate', 'cis', '--now');
    const second = await signing();
    assert.equal(second.length, 1);
    assert.notDeepEqual(second, first);
  });

  test('refuses an unknown service', async () => {
    await assert.rejects(run('keys', 'rotate', 'sample'), /"sample" has no signing keys/);
    await assert.rejects(run('keys', 'rotate'), UsageError);
    await assert.rejects(run('keys'), UsageError);
    await assert.rejects(run('keys', 'rotate', 'cis', '--later'), /no option --later/);
  });
});

describe('alongside person', () => {
  test('adds, shows, edits and removes a person', async () => {
    const source = file('ada.json', { givenName: 'Ada', familyName: 'Testwell', persona: 'ada' });
    const { uid } = await json<{ uid: string }>('person', 'add', '--json-file', source);
    assert.match((await run('person', 'show', 'ada')).lines.join('\n'), /^displayName +Testwell Ada$/m);
    assert.match(
      (await run('person', 'list')).lines.join('\n'),
      new RegExp(`^ada +${uid} +Testwell Ada`, 'm'),
    );

    const edited = await json<Record<string, unknown>>(
      'person',
      'edit',
      'ada',
      '--set',
      'professionalIds.gmc=7654321',
      'title=Dr',
      'disabled=true',
    );
    assert.deepEqual(edited.professionalIds, { gmc: '7654321' });
    assert.deepEqual([edited.title, edited.disabled], ['Dr', true]);
    await run('person', 'edit', uid, '--json-file', file('patch.json', { professionalIds: { gmc: null } }));
    assert.deepEqual((await json('person', 'show', uid)).professionalIds, {});

    assert.deepEqual(await json('person', 'remove', 'ada'), { removed: uid });
    await assert.rejects(run('person', 'show', 'ada'), /no person "ada"/);
    await assert.rejects(run('person', 'remove', uid), /no person/);
  });

  test('reports invalid values in one sentence', async () => {
    await assert.rejects(run('person', 'edit', 'gp', '--set', 'idAssuranceLevel=9'), {
      name: 'OperatorError',
      message: 'The person is not valid. "idAssuranceLevel" must be "0", "1", "2" or "3".',
    });
    await assert.rejects(run('person', 'edit', 'gp'), UsageError);
    await assert.rejects(run('person', 'add'), UsageError);
    await assert.rejects(run('person', 'show', 'gp', 'nurse'), UsageError);
    await assert.rejects(run('person', 'add', '--json-file', join(folder, 'no.json')), /cannot be read/);
    await assert.rejects(run('person', 'add', '--json-file', file('list.json', [])), /one JSON object/);
    await assert.rejects(run('person', 'add', '--json-file', file('text.json', '{')), /is not JSON/);
    await assert.rejects(
      run('person', 'add', '--json-file', file('long.json', ' '.repeat(1_048_577))),
      /more than 1048576 bytes/,
    );
  });
});

describe('alongside app', () => {
  test('show prints the registration warnings', async () => {
    const { lines } = await run('app', 'add', '--name', 'bare', '--callback', 'http://localhost:3000/a');
    const id = /^Application (\S+)$/.exec(lines[0] ?? '')?.[1] ?? '';
    const shown = await run('app', 'show', id);
    assert.match(shown.notes.join('\n'), /^Warning: platform\.products: the application has no product/m);
    assert.doesNotMatch(shown.lines.join('\n'), /^warnings/m);
    await run('app', 'remove', id);
  });

  test('add registers the addresses and rules of both servers by flags', async () => {
    const [callback, signedOut, told] = ['callback', 'signed-out', 'logout'].map(
      (path) => `http://localhost:3000/${path}`,
    ) as [string, string, string];
    const { id } = await json<{ id: string }>(
      ...[
        'app',
        'add',
        '--name',
        'flags',
        '--profile',
        'standard',
        '--callback',
        callback,
        '--redirect',
        callback,
      ],
      ...['--platform-post-logout-redirect', signedOut, '--platform-backchannel-logout', told],
      ...['--bound-tokens', 'dpop', '--signed-requests', 'required', '--auth', 'client_secret_basic'],
      ...['--pkce', 'optional', '--id-token-claims', 'published'],
    );
    type Half = Record<string, unknown>;
    const { platform, cis2 } = await json<{ platform: Half; cis2: Half }>('app', 'show', id);
    const { postLogoutRedirectUris, backchannelLogoutUri } = platform;
    assert.deepEqual([postLogoutRedirectUris, backchannelLogoutUri], [[signedOut], told]);
    assert.equal(cis2.idTokenClaims, 'published');
    for (const half of [platform, cis2])
      assert.deepEqual([half.boundTokens, half.signedRequests, half.pkce], ['dpop', 'required', 'optional']);
    await run('app', 'remove', id);
  });

  test('add prints the secrets of a new application once', async () => {
    const { lines, notes } = await run(
      'app',
      'add',
      '--name',
      'mine',
      '--callback',
      'http://localhost:3000/a',
      '--callback',
      'http://localhost:3000/b',
      '--product',
      'hello-world',
      '--redirect',
      'http://localhost:3000/c',
      '--cis2-auth',
      'client_secret_basic',
    );
    const id = /^Application (\S+)$/.exec(lines[0] ?? '')?.[1] ?? '';
    const secrets = lines.flatMap((line) => /client secret +(\S{43})$/.exec(line)?.[1] ?? []);
    assert.equal(secrets.length, 2);
    assert.match(notes.join(), /shown this once/);

    const shown = (await run('app', 'show', id)).lines.join('\n');
    assert.ok(secrets.every((secret) => !shown.includes(secret)));
    assert.match(shown, /^platform.callbackUrls +http:\/\/localhost:3000\/a, http:\/\/localhost:3000\/b$/m);
    assert.match(shown, /^cis2.tokenEndpointAuthMethod +client_secret_basic$/m);

    await run('app', 'edit', id, '--file', file('edit.json', { cis2: null, name: 'ours' }));
    const edited = await json<{ name: string; cis2: unknown }>('app', 'show', id);
    assert.deepEqual([edited.name, edited.cis2], ['ours', null]);
    assert.equal((await json('app', 'revoke', id)).status, 'revoked');
    assert.equal((await json('app', 'approve', id)).status, 'approved');
    assert.match(
      (await run('app', 'list')).lines.join('\n'),
      new RegExp(`^${id} +ours +approved +nhs +platform$`, 'm'),
    );
    await run('app', 'remove', id);
    await assert.rejects(run('app', 'show', id), /no application/);
  });

  test('edit prints a new secret, but no other credentials', async () => {
    const { id } = await json<{ id: string }>(
      'app',
      'add',
      '--name',
      'n',
      '--native',
      '--callback',
      'http://127.0.0.1/',
    );
    const quiet = await run('app', 'edit', id, '--set', 'name=m');
    assert.deepEqual(quiet.lines, [`Application ${id} is changed.`]);
    const loud = await run('app', 'edit', id, '--set', 'platform.tokenEndpointAuthMethod=client_secret_post');
    assert.match(loud.lines.join('\n'), /platform client secret +\S{43}$/m);
    assert.match(loud.notes.join(), /shown this once/);
  });

  test('add prints warnings of the registration as notes', async () => {
    const whole = { name: 'w', platform: { tokenEndpointAuthMethod: 'private_key_jwt' } };
    const { notes } = await run('app', 'add', '--file', file('app.json', whole));
    assert.match(notes.join('\n'), /^Warning: platform: no public key/m);
  });

  test('reports invalid values in one sentence', async () => {
    await assert.rejects(
      run('app', 'add', '--name', 'x', '--callback', 'ftp://x'),
      /"platform.callbackUrls.0" must be http or https, not ftp:\.$/,
    );
    await assert.rejects(run('app', 'add', '--name', 'x'), UsageError);
    await assert.rejects(run('app', 'add', '--file', 'x', '--name', 'y'), /not both/);
    await assert.rejects(run('app', 'edit', 'demo-native'), UsageError);
    await assert.rejects(run('app', 'revoke', '../products'), /no application/);
  });
});

describe('alongside app for keys and secrets', () => {
  const jwk = (kid: string) => ({
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
    kid,
  });

  test('adds and removes them, with an expiry', async () => {
    const { id } = await json<{ id: string }>('app', 'add', '--name', 'keys', '--auth', 'private_key_jwt');
    const added = await run(
      'app',
      'add-key',
      id,
      '--file',
      file('one.json', jwk('one')),
      '--expires',
      '2030-01-31',
    );
    assert.match(added.lines.join(), /Key one is registered at the platform half/);
    assert.match(
      (await run('app', 'keys', id)).lines.join('\n'),
      /^platform +one +EC +until 2030-01-31T00:00:00.000Z$/m,
    );
    await assert.rejects(run('app', 'add-key', id, '--file', file('one.json', jwk('one'))), /already/);
    await assert.rejects(run('app', 'add-key', id), UsageError);
    await assert.rejects(
      run('app', 'add-key', id, '--file', file('two.json', jwk('two')), '--expires', 'soon'),
      UsageError,
    );
    await assert.rejects(run('app', 'remove-key', id, 'two'), /no key "two" at its platform half/);
    assert.deepEqual(await json('app', 'remove-key', id, 'one'), { removed: 'one' });
    await assert.rejects(run('app', 'keys', 'nowhere'), /no application "nowhere"/);

    const secret = await json<{ clientId: string; clientSecret: string }>('app', 'new-secret', id);
    assert.ok(secret.clientSecret.length >= 32 && secret.clientId);
    assert.match((await run('app', 'new-secret', id)).notes.join(), /shown this once/);
    await run('app', 'remove', id);
  });
});

describe('alongside product', () => {
  test('adds, edits, lists and removes products', async () => {
    const slip = await run('product', 'add', 'slip', '--api', 'hello_world');
    assert.match(
      slip.notes.join(),
      /^Warning: apis: there is no API "hello_world" here\. Did you mean hello-world\? There are oauth2, /,
    );
    await run('product', 'remove', 'slip');
    await run('product', 'add', 'mine', '--api', 'hello-world', '--api', 'oauth2', '--scope', 'urn:a');
    assert.match((await run('product', 'list')).lines.join('\n'), /^mine +hello-world, oauth2 +1 scope$/m);
    const limited = await json<{ limits: unknown }>(
      'product',
      'edit',
      'mine',
      '--set',
      'limits.quota={"limit":5,"timeunit":"minute"}',
    );
    assert.deepEqual(limited.limits, { quota: { enabled: true, limit: 5, interval: 1, timeunit: 'minute' } });
    await run(
      'product',
      'edit',
      'mine',
      '--set',
      'limits.quota.limit=6',
      '--scope',
      'urn:b',
      '--scope',
      'urn:c',
    );
    const shown = (await run('product', 'show', 'mine')).lines.join('\n');
    assert.match(shown, /^limits.quota.limit +6$/m);
    assert.match(shown, /^scopes +urn:b, urn:c$/m);
    assert.equal((await json('product', 'edit', 'mine', '--set', 'limits=null')).limits, null);
    assert.deepEqual(await json('product', 'remove', 'mine'), { removed: 'mine' });
    await assert.rejects(run('product', 'remove', 'mine'), /no product "mine"/);
  });

  test('refuses a duplicate name and a missing one', async () => {
    await assert.rejects(run('product', 'add', 'hello-world'), /name is already taken/);
    await assert.rejects(run('product', 'add'), UsageError);
    await assert.rejects(
      run('product', 'edit', 'hello-world', '--set', 'limits.quota.limit=-1'),
      OperatorError,
    );
  });
});

describe('a command', () => {
  test('prints JSON as one line on standard output and nothing else', async () => {
    const [added, listed] = await Promise.all([
      runProcess(['person', 'add', '--json-file', '-', '--json', ...here], {
        input: '{"givenName":"Bo","familyName":"Testwell"}',
      }),
      runProcess(['product', 'list', '--json'], { variables: { ALONGSIDE_STATE: instance.state.stateFile } }),
    ]);
    for (const { code, out, err } of [added, listed]) {
      assert.deepEqual([code, err], [0, '']);
      assert.equal(out.indexOf('\n'), out.length - 1);
      assert.equal(typeof JSON.parse(out), 'object');
    }
  });

  test('prints a refusal as a sentence on standard error with exit code 1, and exits with 2 for wrong usage', async () => {
    const [refused, unknown, help] = await Promise.all([
      runProcess(['app', 'show', 'nothing', ...here]),
      runProcess(['person', 'list', '--jsn', ...here]),
      runProcess(['app', '--help']),
    ]);
    assert.deepEqual(
      [refused.code, refused.out, refused.err],
      [1, '', 'There is no application "nothing". alongside app list names them.\n'],
    );
    assert.deepEqual(
      [unknown.code, unknown.out, unknown.err],
      [2, '', 'There is no option --jsn. Did you mean --json?\n'],
    );
    assert.deepEqual([help.code, help.err], [0, '']);
    assert.match(help.out, /--post-logout-redirect URL/);
  });

  test('reports that no server responds', async () => {
    await assert.rejects(invoke(['keys', 'list', '--port-base', '1']), {
      name: 'OperatorError',
      message: /^No running instance responds at http:\/\/localhost:1 \(/,
    });
    await assert.rejects(invoke(['keys', 'list', '--port-base', 'x']), UsageError);
    await assert.rejects(
      invoke(['keys', 'list', '--state', join(folder, 'none')]),
      /no state file .*none: start/,
    );
    // Never the instance at the usual port.
    await assert.rejects(invoke(['keys', 'list', '--data', folder]), /no state file/);
    await assert.rejects(
      invoke(['keys', 'list', '--state', file('odd.json', {})]),
      /cannot be read|not the state/,
    );
  });

  test("reports another server at the console's address", async () => {
    const other = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((done) => other.once('listening', done));
    const { port } = other.address() as AddressInfo;
    await assert.rejects(
      invoke(['keys', 'list', '--port-base', String(port)]),
      /is not the console of an instance/,
    );
    other.close();
  });
});
