import { Refusal } from '@alongside/kernel/errors';
import { roleText } from '../../../cis/protocol.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import type { DescribedRequest } from '../curl.ts';
import {
  checked,
  cut,
  type ExplainedCheck,
  type Finding,
  firstFailure,
  listed,
  nearest,
  ownBanner,
  unchecked,
} from '../finding.ts';
import { explainAccess } from './tokens.ts';

export const addressOf = ({ origin, pathname }: URL): string => origin + pathname;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Checks the role header of a call for the person of its token. */
async function roleCheck(
  role: string | undefined,
  token: string,
  console: ConsoleContext,
): Promise<ExplainedCheck> {
  const name = 'NHSD-Session-URID';
  const record = await console.tokens.find(token);
  if (!record?.uid) return unchecked(name, 'not applicable', 'No person is behind this token.', role ?? '');
  try {
    const { roles, displayName } = await console.cis.person(record.uid);
    const ids = roles.map(({ roleId }) => roleId);
    const described = roles.slice(0, 5).map((one) => `${one.roleId}: ${roleText(one)}`);
    if (role === undefined)
      return checked(name, ids.length < 2, {
        received: 'missing',
        expected: ids.length < 2 ? 'none needed' : `one of ${described.join(', ')}`,
        why:
          ids.length < 2
            ? `${displayName} has one role.`
            : `${displayName} has ${ids.length} roles, so the call has to name one.`,
      });
    return checked(name, ids.includes(role), {
      received: role,
      expected: `one of ${described.join(', ')}`,
      why: ids.includes(role) ? '' : `${displayName} does not have this role. Send one that the person has.`,
    });
  } catch (error) {
    if (error instanceof Refusal)
      return unchecked(name, 'unknown', 'The directory does not respond.', role ?? '');
    throw error;
  }
}

function schemeText(authorization: string | undefined, isBearer: boolean): string {
  if (authorization === undefined) return 'missing';
  return isBearer ? 'a bearer token' : cut(authorization.split(' ', 1)[0] ?? '');
}

/** Explains a call of an API: its address, its token, and its ids and role. */
export async function explainApiCall(
  { headers }: DescribedRequest,
  url: URL,
  console: ConsoleContext,
): Promise<Finding> {
  const listedApis = await console.apis.list();
  const bases = listedApis.map(({ address }) => address);
  const received = addressOf(url);
  const api = bases.find((base) => received === base || received.startsWith(`${base}/`));
  const authorization = headers.get('authorization');
  const [scheme = '', token = ''] = (authorization ?? '').split(' ', 2);
  const isBearer = /^(?:bearer|dpop)$/i.test(scheme) && token !== '';
  const own: ExplainedCheck[] = [
    checked('address', api !== undefined, {
      received,
      expected: api ? `an API at ${api}` : listed(received, bases),
      why: api ? '' : `The nearest API is at ${nearest(received, bases) ?? 'no address'}.`,
    }),
    checked('Authorization', isBearer, {
      received: schemeText(authorization, isBearer),
      expected: 'Bearer and an access token',
      why: 'RFC 6750 section 2.1',
    }),
  ];
  const access = isBearer ? await explainAccess(token, console) : undefined;
  const requestId = headers.get('x-request-id');
  const checks = [
    ...own,
    ...(access?.checks ?? []),
    checked('X-Request-ID', requestId !== undefined && uuid.test(requestId), {
      received: requestId ?? 'missing',
      expected: 'a UUID',
      why: 'By it you find the call later.',
    }),
    ...(isBearer ? [await roleCheck(headers.get('nhsd-session-urid'), token, console)] : []),
  ];
  const links = access?.links ?? [];
  const failed = firstFailure(checks);
  if (!failed) return { summary: 'No mistake in address, token, ids and role.', banner: null, checks, links };
  const ofToken =
    access?.banner?.received === failed.received && !own.includes(failed) ? access.banner : undefined;
  const banner =
    ofToken ??
    ownBanner(failed, {
      headline: `${failed.name} is wrong`,
      fix: failed.why || `Send ${failed.expected}.`,
      source: 'docs/patterns.md',
    });
  return { summary: `${failed.name} of this call is wrong.`, banner, checks, links };
}
