import { UsageError } from '@alongside/kernel/operator';
import { noSuch } from '../kit/known.ts';
import { type Action, type ConsoleCall, listing, text } from './command.ts';
import { readJsonFile } from './json-file.ts';
import { columns } from './table.ts';

/** Flags of the actions below. */
export const credentialFlags = { file: text, half: text, expires: text, othersExpire: text };

type CredentialCall = ConsoleCall<typeof credentialFlags>;

const missing = (id: string) => noSuch('application', id);

/** The selected half of the registration; `platform` by default. */
const halfOf = ({ flags }: Pick<CredentialCall, 'flags'>): string => flags.half ?? 'platform';

/** Parses a time; a date alone is its first moment in UTC. */
function timeOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new UsageError(`"${value}" is no time: write it as 2027-01-31.`);
  return new Date(time).toISOString();
}

/** Actions of `alongside app` for keys and secrets. */
export const credentialActions = {
  keys: {
    words: 'ID',
    help: 'its registered public keys',
    async run({ api }, id) {
      const found = await api.mustFind(missing(id), 'GET', '/applications/{id}/keys', { path: { id } });
      const rows = [
        ...found.keys.map(({ half, kid, kty, alg, bits, expiresAt }) => [
          half,
          kid ?? '(no kid)',
          `${kty}${bits ? ` ${bits}` : ''}`,
          alg ?? '',
          expiresAt ? `until ${expiresAt}` : '',
        ]),
        ...found.addresses.map(({ half, address }) => [half, address, '', '', '']),
      ];
      return listing(found, rows, 'No public key is registered.');
    },
  },
  'add-key': {
    words: 'ID',
    help: [
      ['--file KEY.json', 'register one more public key, a JWK'],
      ['  --half cis2', 'at the registration at CIS2'],
      ['  --expires 2027-01-31'],
    ],
    async run(call, id) {
      const { api, flags } = call;
      if (flags.file === undefined)
        throw new UsageError('Name the file of the public key: --file KEY.json, a JWK.');
      const expiresAt = timeOf(flags.expires);
      const body = { half: halfOf(call), jwk: readJsonFile<{ kty: string }>(flags.file), expiresAt };
      const added = await api.mustFind(missing(id), 'POST', '/applications/{id}/keys', {
        path: { id },
        body,
      });
      return {
        json: added,
        lines: [`Key ${added.kid} is registered at the ${added.half} half.`],
        notes: (added.warnings ?? []).map(({ message }) => `Warning: ${message}`),
      };
    },
  },
  'remove-key': {
    words: 'ID KID',
    help: [['[--half cis2]', 'refuse its signatures from the next request on']],
    async run(call, id, kid) {
      const half = halfOf(call);
      await call.api.mustFind(
        `Application "${id}" has no key "${kid}" at its ${half} half.`,
        'DELETE',
        '/applications/{id}/keys/{half}/{kid}',
        { path: { id, half, kid } },
      );
      const line = `Key ${kid} was removed. Its signatures are refused from the next request on.`;
      return { json: { removed: kid }, lines: [line] };
    },
  },
  'new-secret': {
    words: 'ID',
    help: [
      ['', 'create one more secret, shown this once'],
      ['  --others-expire 2027-01-31', 'end the earlier ones then'],
    ],
    async run(call, id) {
      const { api, flags } = call;
      const times = { expiresAt: timeOf(flags.expires), othersExpireAt: timeOf(flags.othersExpire) };
      const made = await api.mustFind(missing(id), 'POST', '/applications/{id}/secrets', {
        path: { id },
        body: { half: halfOf(call), ...times },
      });
      return {
        json: made,
        lines: columns([
          ['client id', made.clientId],
          ['client secret', made.clientSecret],
        ]),
        notes: ['It is shown this once and stored as a hash only: store it now.'],
      };
    },
  },
} satisfies Record<string, Action<CredentialCall>>;
