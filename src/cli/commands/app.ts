import { UsageError } from '@alongside/kernel/operator';
import type { ApiSchema } from '../../kit/console-api.ts';
import { noSuch } from '../../kit/known.ts';
import { credentialActions, credentialFlags } from '../app-credentials.ts';
import { type Action, type ConsoleCall, consoleCommand } from '../command.ts';
import { readJsonFile } from '../json-file.ts';
import { patchFrom } from '../patch.ts';
import { registrationFlags, registrationFrom, registrationLists } from '../registration.ts';
import { columns, memberLines } from '../table.ts';

/** The members of an application that all changes return. */
type ShownApplication = Pick<ApiSchema<'ApplicationWithWarnings'>, 'id' | 'warnings'>;

interface Credentials {
  clientId: string;
  clientSecret?: string;
}

type Halves = Partial<Record<'platform' | 'cis2', Credentials | null>>;

const flags = { ...registrationFlags, ...credentialFlags };
const lists = [...registrationLists, 'set'] as const;
type AppCall = ConsoleCall<typeof flags, (typeof lists)[number]>;

const missing = (id: string) => noSuch('application', id);

const halfRows = (name: string, half: Credentials | null | undefined): string[][] => [
  ...(half ? [[`  ${name} client id`, half.clientId]] : []),
  ...(half?.clientSecret === undefined ? [] : [[`  ${name} client secret`, half.clientSecret]]),
];

const warningsOf = ({ warnings = [] }: ShownApplication): string[] =>
  warnings.map(({ message }) => `Warning: ${message}`);

/** Returns the result of a change, with secrets that are shown only once. */
function changeResult(line: string, changed: ShownApplication, shown: Halves) {
  const { platform, cis2 } = shown;
  const hasSecret = platform?.clientSecret !== undefined || cis2?.clientSecret !== undefined;
  return {
    json: changed,
    lines: [line, ...columns([...halfRows('platform', platform), ...halfRows('cis2', cis2)])],
    notes: [
      ...(hasSecret ? ['Secrets are shown this once and stored as hashes only: store them now.'] : []),
      ...warningsOf(changed),
    ],
  };
}

const setStatus = (act: 'approve' | 'revoke', help: string, effect: string): Action<AppCall> => ({
  words: 'ID',
  help,
  async run({ api }, id) {
    const changed = await api.mustFind(missing(id), 'POST', `/applications/{id}/${act}`, { path: { id } });
    return { json: changed, lines: [`Application ${changed.id} ${effect}`] };
  },
});

export const app = consoleCommand({
  name: 'app',
  flags,
  lists,
  actions: {
    list: {
      help: 'all applications',
      async run({ api }) {
        const found = await api.must('GET', '/applications');
        const rows = found.applications.map(({ id, name, status, profile, platform, cis2 }) => [
          id,
          name,
          status,
          profile,
          [platform && 'platform', cis2 && 'cis2'].filter(Boolean).join(', '),
        ]);
        return { json: found, lines: columns(rows) };
      },
    },
    show: {
      words: 'ID',
      help: 'every member except the secrets',
      async run({ api }, id) {
        const found = await api.mustFind(missing(id), 'GET', '/applications/{id}', { path: { id } });
        const { warnings: _, ...members } = found;
        return { json: found, lines: memberLines(members), notes: warningsOf(found) };
      },
    },
    add: {
      help: [
        ['--name NAME', 'register an application; its secrets are shown this once'],
        ['  --profile nhs|standard|fapi2', 'default nhs'],
        ['  --callback URL', 'at the API platform; repeatable, like --product'],
        ['  --product NAME', 'alongside product list names them'],
        ['  --auth METHOD', 'client_secret_post, private_key_jwt, tls_client_auth or none'],
        ['  --jwks-url URL', 'the address of its public keys'],
        ['  --native', 'a public client on a desktop: standard profile, no secret'],
        ['  --redirect URL', 'at CIS2; repeatable, like --post-logout-redirect URL'],
        ['  --backchannel-logout URL', 'where CIS2 reports ended sessions'],
        ['  --cis2-auth METHOD', 'client_secret_post, client_secret_basic or private_key_jwt'],
        ['  --cis2-jwks-url URL'],
        ['  --pkce required|optional', 'at both; by default as the profile'],
        ['  --id-token-claims requested|published', 'of CIS2; published is the default of nhs'],
        ['  --platform-backchannel-logout URL', 'where the API platform reports ended sessions'],
        ['  --platform-post-logout-redirect URL', 'after a sign-out by the API platform; repeatable'],
        ['  --bound-tokens dpop|certificate', 'what binds access tokens, at both'],
        ['  --signed-requests required|optional', 'at both'],
        [
          '  --client-id ID --client-secret SECRET',
          'your own credentials instead of generated ones, in development;',
        ],
        ['    ', 'at CIS2 --cis2-client-id and --cis2-client-secret'],
        ['  --developer NAME'],
        [
          '--file FILE',
          'the same from a JSON file with the members of the console API; - reads standard input',
        ],
      ],
      async run({ api, flags: given, lists: repeated }) {
        const { file } = given;
        const hasMembers =
          Object.keys(registrationFlags).some((name) => given[name as keyof typeof given] !== undefined) ||
          registrationLists.some((name) => repeated[name].length > 0);
        if (file !== undefined && hasMembers)
          throw new UsageError('Give either --file or the other flags, not both.');
        const registration =
          file === undefined ? registrationFrom(given, repeated) : readJsonFile<{ name: string }>(file);
        const made = await api.must('POST', '/applications', { body: registration });
        return changeResult(`Application ${made.id}`, made, made);
      },
    },
    edit: {
      words: 'ID ...',
      help: [
        ['--file FILE', 'change it by a JSON merge patch (RFC 7396)'],
        ['--set path=value...', 'the same by members: --set cis2.pkce=required platform.jwksUrl=null'],
      ],
      async run({ api, flags: { file }, lists: { set } }, id, ...assignments) {
        const patch = patchFrom({
          file: { flag: '--file', name: file },
          assignments: [...set, ...assignments],
        });
        const changed = await api.mustFind(missing(id), 'PATCH', '/applications/{id}', {
          path: { id },
          body: patch,
        });
        const fresh = (half: Credentials | null | undefined) =>
          half?.clientSecret === undefined ? null : half;
        return changeResult(`Application ${changed.id} is changed.`, changed, {
          platform: fresh(changed.platform),
          cis2: fresh(changed.cis2),
        });
      },
    },
    approve: setStatus('approve', 'let it call again', 'may call again.'),
    revoke: setStatus(
      'revoke',
      'refuse it everywhere from its next request on',
      'is refused everywhere from its next request on.',
    ),
    remove: {
      words: 'ID',
      help: 'remove its registration',
      async run({ api }, id) {
        await api.mustFind(missing(id), 'DELETE', '/applications/{id}', { path: { id } });
        return { json: { removed: id }, lines: [`Removed application ${id}.`] };
      },
    },
    ...credentialActions,
  },
  examples: [
    'alongside app add --name "My program" --callback http://localhost:3000/callback --product hello-world',
  ],
});
