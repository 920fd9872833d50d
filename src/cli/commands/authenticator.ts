import { nearest, OperatorError, UsageError } from '@alongside/kernel/operator';
import { noSuch } from '../../kit/known.ts';
import { consoleCommand, text } from '../command.ts';
import type { InstanceApi } from '../instance.ts';
import { columns } from '../table.ts';

const missing = (name: string) => noSuch('person', name);
const kinds = ['security-key', 'windows-hello', 'passkey', 'totp', 'password', 'tablet'];
const authenticatorsOf = (api: InstanceApi, name: string) =>
  api.mustFind(missing(name), 'GET', '/people/{uid}/authenticators', { path: { uid: name } });

export const authenticator = consoleCommand({
  name: 'authenticator',
  flags: { officer: text },
  actions: {
    list: {
      words: 'P',
      help: 'authenticators of a person; P is a persona or a uid',
      async run({ api }, name) {
        const found = await authenticatorsOf(api, name);
        const rows = found.authenticators.map(({ id, kind, label, level, usedAt }) => [
          kind,
          `AAL${level}`,
          label,
          id,
          usedAt === null ? 'never used' : `used ${usedAt}`,
        ]);
        const hasSecrets = found.authenticators.some(({ development }) => development);
        return {
          json: found,
          lines: columns(rows),
          notes: [
            ...(rows.length === 0 ? ['None other than a smartcard.'] : []),
            ...(hasSecrets ? ['--json shows their development secrets.'] : []),
          ],
        };
      },
    },
    code: {
      words: 'P',
      help: "the current code of an authenticator app, by the instance's clock; development only",
      async run({ api }, name) {
        const { authenticators } = await authenticatorsOf(api, name);
        const app = authenticators.find(({ kind, development }) => kind === 'totp' && development?.secret);
        if (!app?.development)
          throw new OperatorError(`${name} has no authenticator app with a key that this instance shows.`);
        const { now } = await api.must('GET', '/clock');
        // Loaded here, because other commands do not need it.
        const { TOTP } = await import('otpauth');
        const { email, password, secret } = app.development;
        const code = new TOTP({ secret: String(secret) }).generate({ timestamp: Date.parse(now) });
        const rows = [
          ['e-mail', String(email)],
          ['password', password === undefined ? '(changed)' : String(password)],
          ['code', code],
        ];
        return { json: { code, email, password }, lines: columns(rows) };
      },
    },
    enrol: {
      words: 'P KIND',
      help: [
        ['', 'a link for the person to enrol one, valid once for 15 minutes'],
        ['  KIND', kinds.join(', ')],
        ['  --officer P', 'the responsible registration authority officer'],
      ],
      async run({ api, flags: { officer } }, name, kind) {
        if (!kinds.includes(kind))
          throw new UsageError(
            `There is no kind "${kind}".${nearest(kind, kinds)} Choose from ${kinds.join(', ')}.`,
          );
        const body = { kind, officer };
        const made = await api.mustFind(missing(name), 'POST', '/people/{uid}/enrolments', {
          path: { uid: name },
          body,
        });
        const note = `Valid once, until ${made.expiresAt}. Opening it enrols an authenticator for ${name}.`;
        return { json: made, lines: [made.url], notes: [note] };
      },
    },
    remove: {
      words: 'P ID',
      help: 'remove one; alongside authenticator list names them',
      async run({ api }, name, id) {
        await api.mustFind(
          `"${name}" has no authenticator ${id}.`,
          'DELETE',
          '/people/{uid}/authenticators/{id}',
          { path: { uid: name, id } },
        );
        return { json: { removed: id }, lines: [`Removed authenticator ${id}.`] };
      },
    },
  },
  examples: ['alongside authenticator enrol gp passkey --officer admin'],
});
