import { readFlags } from '@alongside/kernel/config';
import { UsageError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { credentialCalls, credentialFlags, credentialHelp } from '../app-credentials.ts';
import { type Command, choose, noMore, type Output, word } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';
import { readJsonFile } from '../json-file.ts';
import { memberLines } from '../members.ts';
import { columns } from '../output.ts';
import { patchFrom } from '../patch.ts';
import { registrationFlags, registrationFrom, registrationLists } from '../registration.ts';
import { type Repeated, takeRepeated } from '../repeated.ts';

interface RegistrationHalf {
  clientId: string;
  clientSecret?: string;
}

interface Application {
  id: string;
  name: string;
  status: string;
  profile: string;
  platform?: RegistrationHalf | null;
  cis2?: RegistrationHalf | null;
  warnings?: { code: string; message: string }[];
}

interface Call {
  api: InstanceApi;
  file: string | undefined;
  flags: Record<string, unknown>;
  repeated: Repeated<(typeof registrationLists)[number] | 'set'>['values'];
  words: string[];
  json: boolean;
  out: Output;
}

const missing = (id: string): string => `There is no application "${id}": alongside app list names them.`;
const at = (id: string): string => `/applications/${encodeURIComponent(id)}`;

/** Prints secrets that are shown only once, and warnings. */
function showFresh({ platform, cis2, warnings = [] }: Application, out: Output): void {
  for (const line of columns([...halfRows('platform', platform), ...halfRows('cis2', cis2)])) out.line(line);
  if (platform?.clientSecret !== undefined || cis2?.clientSecret !== undefined)
    out.note('Secrets are shown this once and kept as hashes only: keep them now.');
  for (const { message } of warnings) out.note(`Warning: ${message}`);
}

const halfRows = (name: string, half: RegistrationHalf | null | undefined): string[][] => [
  ...(half ? [[`  ${name} client id`, half.clientId]] : []),
  ...(half?.clientSecret === undefined ? [] : [[`  ${name} client secret`, half.clientSecret]]),
];

async function list({ api, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const found = await api.must<{ applications: Application[] }>('GET', '/applications');
  if (json) return out.json(found);
  const rows = found.applications.map(({ id, name, status, profile, platform, cis2 }) => [
    ...[id, name, status, profile],
    [platform && 'platform', cis2 && 'cis2'].filter(Boolean).join(', '),
  ]);
  for (const line of columns(rows)) out.line(line);
}

async function show({ api, words, json, out }: Call): Promise<void> {
  const id = word(words, 1, 'which: alongside app show ID');
  noMore(words, 2);
  const found = await api.mustFind<Application>(missing(id), 'GET', at(id));
  if (json) return out.json(found);
  const { warnings = [], ...members } = found;
  for (const line of memberLines(members)) out.line(line);
  for (const { message } of warnings) out.note(`Warning: ${message}`);
}

async function add({ api, file, flags, repeated, words, json, out }: Call): Promise<void> {
  noMore(words, 1);
  const others = [...Object.keys(registrationFlags), ...registrationLists].filter(
    (name) => flags[name] !== undefined || (name in repeated && repeated[name as 'callback'].length > 0),
  );
  if (file !== undefined && others.length > 0)
    throw new UsageError('Give either --file or the other flags, not both.');
  const registration = file === undefined ? registrationFrom(flags, repeated) : readJsonFile(file);
  const made = await api.must<Application>('POST', '/applications', registration);
  if (json) return out.json(made);
  out.line(`Application ${made.id}`);
  showFresh(made, out);
}

async function edit({ api, file, repeated, words, json, out }: Call): Promise<void> {
  const id = word(words, 1, 'which: alongside app edit ID --file FILE');
  const patch = patchFrom({
    file: { flag: '--file', name: file },
    assignments: [...repeated.set, ...words.slice(2)],
  });
  const changed = await api.mustFind<Application>(missing(id), 'PATCH', at(id), patch);
  if (json) return out.json(changed);
  out.line(`Application ${changed.id} is changed.`);
  const { platform, cis2, warnings } = changed;
  const fresh = (half: RegistrationHalf | null | undefined) =>
    half?.clientSecret === undefined ? null : half;
  showFresh({ ...changed, platform: fresh(platform), cis2: fresh(cis2), warnings }, out);
}

const setStatus =
  (act: 'approve' | 'revoke', said: string) =>
  async ({ api, words, json, out }: Call): Promise<void> => {
    const id = word(words, 1, `which: alongside app ${act} ID`);
    noMore(words, 2);
    const changed = await api.mustFind<Application>(missing(id), 'POST', `${at(id)}/${act}`);
    if (json) return out.json(changed);
    out.line(`Application ${changed.id} ${said}`);
  };

async function remove({ api, words, json, out }: Call): Promise<void> {
  const id = word(words, 1, 'which: alongside app remove ID');
  noMore(words, 2);
  await api.mustFind(missing(id), 'DELETE', at(id));
  if (json) return out.json({ removed: id });
  out.line(`Application ${id} is gone.`);
}

const approve = setStatus('approve', 'may call again.');
const revoke = setStatus('revoke', 'is refused everywhere from its next request on.');
const calls = { list, show, add, edit, approve, revoke, remove, ...credentialCalls };

export const app: Command = {
  name: 'app',
  summary: 'applications that are registered at the API platform and at CIS2',
  help: [
    'alongside app list',
    'alongside app show ID           every member but the secrets',
    'alongside app add --name NAME   register an application; its secrets are shown this once',
    '  --profile nhs|standard|fapi2    default nhs',
    '  --callback URL                  at the API platform; repeatable, like --product',
    '  --product NAME                  alongside product list names them',
    '  --auth METHOD                   client_secret_post, private_key_jwt, tls_client_auth or none',
    '  --jwks-url URL                  where its public keys are',
    '  --native                        a public client on a desktop: standard profile, no secret',
    '  --redirect URL                  at CIS2; repeatable, like --post-logout-redirect URL',
    '  --backchannel-logout URL        where CIS2 reports ended sessions',
    '  --cis2-auth METHOD              client_secret_post, client_secret_basic or private_key_jwt',
    '  --cis2-jwks-url URL',
    '  --client-id ID --client-secret SECRET   your own credentials instead of generated ones, in development;',
    '                                  at CIS2 --cis2-client-id and --cis2-client-secret',
    '  --developer NAME',
    'alongside app add --file FILE   the same from a JSON file with every member of the console API; - reads standard input',
    'alongside app edit ID --file FILE          change it by a JSON merge patch (RFC 7396)',
    'alongside app edit ID --set path=value...  the same by members: --set cis2.pkce=required platform.jwksUrl=null',
    'alongside app approve ID        let it call again',
    'alongside app revoke ID         refuse it everywhere from its next request on',
    'alongside app remove ID',
    ...credentialHelp,
  ],
  async run({ argv, out }) {
    const { values: repeated, rest } = takeRepeated(argv, [...registrationLists, 'set']);
    const shape = { ...instanceFlags, ...registrationFlags, ...credentialFlags, file: z.string().optional() };
    const { flags, words } = readFlags(shape, rest);
    const call = choose(calls, words, 'app');
    const file = flags.file as string | undefined;
    await call({ api: new InstanceApi(flags), file, flags, repeated, words, json: flags.json === true, out });
    return 0;
  },
};
