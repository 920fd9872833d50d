import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '@alongside/kernel/errors';
import { z } from 'zod';
import type { Application, Applications } from '../../../oauth/applications.ts';
import type { Product, Products } from '../../../oauth/products.ts';
import { isPlatform, seededHashes } from '../../../seed/registrations.ts';
import type { Urls } from '../../../service.ts';
import { checkPolicy } from '../../model/registration/policy.ts';
import { halfNames, type Registration, registrationShape } from '../../model/registration/shape.ts';
import { registrationOf, storedFrom } from '../../model/registration/stored.ts';
import { plainName, type UniqueValue } from './preview.ts';

type Members = Record<string, unknown>;

/** Members of a registration that contain addresses. A registered address cannot contain a brace. */
const addressMembers = [
  'callbackUrls',
  'redirectUris',
  'postLogoutRedirectUris',
  'jwksUrl',
  'backchannelLogoutUri',
];

function mapAddresses(half: Members, change: (address: string) => string): Members {
  const one = (value: unknown) => (typeof value === 'string' ? change(value) : value);
  return Object.fromEntries(
    Object.entries(half).map(([name, value]) => {
      if (!addressMembers.includes(name)) return [name, value];
      return [name, Array.isArray(value) ? value.map(one) : one(value)];
    }),
  );
}

/**
 * Replaces the origins of this installation with service names, as in `{api}/oauth2/callback`, so that an export also fits an
 * installation on other ports.
 */
export function withServiceNames(half: Members, urls: Urls): Members {
  const longestFirst = Object.entries(urls).sort(([, one], [, other]) => other.length - one.length);
  return mapAddresses(half, (address) => {
    const own = longestFirst.find(
      ([, url]) => address.startsWith(url) && ['', '/', '?'].includes(address.charAt(url.length)),
    );
    return own ? `{${own[0]}}${address.slice(own[1].length)}` : address;
  });
}

/** Replaces service names with the origins of this installation. */
export const withOwnAddresses = (half: Members, urls: Urls): Members =>
  mapAddresses(half, (address) => {
    const [written = '', name = ''] = /^\{(\w+)\}/.exec(address) ?? [];
    return Object.hasOwn(urls, name) ? urls[name as keyof Urls] + address.slice(written.length) : address;
  });

/** Returns an application for an export, with hashes of its secrets. */
export function exportedApplication(application: Application, urls: Urls): Record<string, unknown> {
  const { id, status } = application;
  const { platform, cis2, ...rest } = registrationOf(application);
  const half = (registered: object | undefined, stored: Application['platform'] | Application['cis2']) =>
    registered && stored
      ? {
          clientId: stored.clientId,
          secrets: stored.secrets,
          ...withServiceNames({ ...registered }, urls),
        }
      : null;
  return {
    id,
    status,
    ...rest,
    platform: half(platform, application.platform),
    cis2: half(cis2, application.cis2),
  };
}

const time = z.int('must be milliseconds').min(0, 'must be 0 or more');
const halfShape = z.looseObject({
  clientId: z.string('must be text').regex(/^[\x21-\x7e]{1,200}$/, 'must be visible ASCII characters'),
  secrets: z
    .array(
      z.strictObject({
        hash: z.string('must be text').regex(/^[A-Za-z0-9_-]{43}$/, 'must be a SHA-256 in base64url'),
        createdAt: time,
        expiresAt: time.nullable(),
      }),
      'must be a list',
    )
    .max(50, 'must have at most 50 entries'),
});

const outline = z.looseObject({
  id: plainName,
  status: z.enum(['approved', 'revoked'], 'must be "approved" or "revoked"'),
  platform: halfShape.nullable(),
  cis2: halfShape.nullable(),
});

interface Issue {
  message: string;
  path: PropertyKey[];
}

/** Returns the rule of the profile that a registration breaks. */
function policyIssue(registration: Registration): Issue | undefined {
  try {
    checkPolicy(registration);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { message: String(error.extra.problem), path: String(error.extra.field).split('.') };
  }
}

function readApplication(
  { id, status, platform, cis2, ...rest }: z.output<typeof outline>,
  urls: Urls,
): Application | Issue[] {
  const registered = (half: z.output<typeof halfShape> | null) => {
    if (half === null) return null;
    const { clientId: _, secrets: __, ...members } = half;
    return withOwnAddresses(members, urls);
  };
  const result = registrationShape.safeParse({
    ...rest,
    platform: registered(platform),
    cis2: registered(cis2),
  });
  if (!result.success) return result.error.issues;
  const issue = policyIssue(result.data);
  if (issue) return [issue];
  const before = { id, status, platform, cis2 } as Pick<Application, 'id' | 'status' | 'platform' | 'cis2'>;
  const { application, newSecrets } = storedFrom(result.data, before, 0);
  const lacking = halfNames.find((half) => newSecrets[half] !== undefined);
  return lacking ? [{ message: 'must not be empty', path: [lacking, 'secrets'] }] : application;
}

/** Returns the half of an application with a secret of the development seed, which everyone knows. */
const publicHalf = (application: Application) =>
  isPlatform(application)
    ? undefined
    : halfNames.find((half) => application[half]?.secrets.some(({ hash }) => seededHashes.has(hash)));

/** @param development whether secrets of its seed are accepted */
export const applicationShape = (urls: Urls, development: boolean) =>
  outline.transform((value, { issues }): Application => {
    const read = readApplication(value, urls);
    const half = Array.isArray(read) || development ? undefined : publicHalf(read);
    const found =
      half === undefined
        ? read
        : [{ message: 'must not be of development: it is public', path: [half, 'secrets'] }];
    if (!Array.isArray(found)) return found;
    for (const { message, path } of found)
      issues.push({ code: 'custom', message, path: [...path], input: value });
    return z.NEVER;
  });

const clientsOf = ({ platform, cis2 }: Application): string[] =>
  [platform, cis2].flatMap((registration) => (registration ? [registration.clientId] : []));

async function putApplication(applications: Applications, target: Application): Promise<void> {
  for (;;) {
    const stored = await applications.get(target.id);
    if (!stored) return applications.add(target);
    const { revision, ...before } = stored;
    if (isDeepStrictEqual(before, target)) return;
    if (await applications.replace(target, revision)) return;
  }
}

/**
 * Replaces the applications with these and writes only differences.
 * @param isKept applications that stay as they are
 */
export async function replaceApplications(
  applications: Applications,
  given: readonly Application[],
  isKept: (application: Application) => boolean,
): Promise<void> {
  const targets = given.filter((target) => !isKept(target));
  const ownerOf = new Map(targets.flatMap((target) => clientsOf(target).map((id) => [id, target.id])));
  for (const before of await applications.list()) {
    if (isKept(before)) continue;
    const moved = clientsOf(before).some((id) => (ownerOf.get(id) ?? before.id) !== before.id);
    if (moved || !targets.some(({ id }) => id === before.id)) await applications.remove(before.id);
  }
  for (const target of targets) await putApplication(applications, target);
}

export const uniqueClients = (targets: readonly Application[]): UniqueValue[] =>
  targets.flatMap((target, index) =>
    halfNames.flatMap((half) => {
      const clientId = target[half]?.clientId;
      return clientId === undefined ? [] : [{ at: [index, half, 'clientId'], value: clientId }];
    }),
  );

/** Replaces the products with these and writes only differences. */
export async function replaceProducts(products: Products, targets: readonly Product[]): Promise<void> {
  const before = new Map(
    (await products.list()).map(({ revision: _, ...product }) => [product.name, product]),
  );
  for (const target of targets) {
    if (!isDeepStrictEqual(before.get(target.name), target)) await products.save(target);
    before.delete(target.name);
  }
  for (const name of before.keys()) await products.remove(name);
}
