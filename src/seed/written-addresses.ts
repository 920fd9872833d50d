import { isObject } from '@alongside/kernel/json';
import type { Application, StoredApplication } from '../oauth/applications.ts';
import type { Settings } from '../storage/settings.ts';
import { type SeedUrls, seededApplications } from './applications.ts';

const setting = 'registrations.urls';

/** Returns the addresses of the last start, from which seeded registrations were written; undefined before the first note. */
export async function writtenUrls(settings: Settings): Promise<SeedUrls | undefined> {
  try {
    const stored: unknown = JSON.parse((await settings.get(setting)) ?? 'null');
    if (!isObject(stored) || typeof stored.api !== 'string' || typeof stored.sample !== 'string')
      return undefined;
    return { api: stored.api, sample: stored.sample };
  } catch {
    return undefined;
  }
}

/** Notes the addresses after the registrations were written, so that an interrupted start is repeated. */
export async function noteWrittenUrls(settings: Settings, { api, sample }: SeedUrls): Promise<void> {
  const value = JSON.stringify({ api, sample });
  if ((await settings.get(setting)) !== value) await settings.set(setting, value);
}

const isLoopback = (url: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);

/** Moves an address that an earlier start wrote, and of seeded data, one at another port of this machine. */
function movedOne(address: string, former: readonly string[], seeded: readonly string[]): string {
  if (seeded.includes(address)) return address;
  const index = former.indexOf(address);
  if (index !== -1) return seeded[index] ?? address;
  const old = URL.parse(address);
  if (!old?.port || !isLoopback(old)) return address;
  return seeded.find((now) => URL.parse(now)?.pathname === old.pathname) ?? address;
}

const moved = (stored: readonly string[], former: readonly string[], seeded: readonly string[]): string[] => [
  ...new Set(stored.map((address) => movedOne(address, former, seeded))),
];

/**
 * Returns a stored application with the addresses of this start, and every other change of it. Without a note of the addresses of
 * an earlier start, it cannot be known which callbacks of the platform are out of date: those of this start are added.
 */
export function atNewAddresses(
  { revision: _, ...stored }: StoredApplication,
  seed: Application,
  written: SeedUrls | undefined,
): Application {
  const former = written && seededApplications(written).find(({ id }) => id === seed.id);
  const { platform, cis2 } = stored;
  const redirectUris = cis2
    ? moved(cis2.redirectUris, former?.cis2?.redirectUris ?? [], seed.cis2?.redirectUris ?? [])
    : [];
  const isUnknown = !former && seed.id === 'platform';
  return {
    ...stored,
    platform: platform && {
      ...platform,
      callbackUrls: moved(
        platform.callbackUrls,
        former?.platform?.callbackUrls ?? [],
        seed.platform?.callbackUrls ?? [],
      ),
    },
    cis2: cis2 && {
      ...cis2,
      redirectUris: isUnknown
        ? [...new Set([...redirectUris, ...(seed.cis2?.redirectUris ?? [])])]
        : redirectUris,
      postLogoutRedirectUris: [
        ...new Set([
          ...moved(
            cis2.postLogoutRedirectUris,
            former?.cis2?.postLogoutRedirectUris ?? [],
            seed.cis2?.postLogoutRedirectUris ?? [],
          ),
          // Earlier versions registered the platform without an address after sign-out.
          ...(seed.id === 'platform' ? (seed.cis2?.postLogoutRedirectUris ?? []) : []),
        ]),
      ],
      backchannelLogoutUri: backchannelOf(cis2.backchannelLogoutUri, former, seed, isUnknown),
    },
  };
}

function backchannelOf(
  stored: string,
  former: Application | undefined,
  seed: Application,
  isUnknown: boolean,
): string {
  const now = seed.cis2?.backchannelLogoutUri ?? '';
  if (isUnknown && URL.parse(stored)?.pathname === URL.parse(now)?.pathname) return now;
  return movedOne(stored, [former?.cis2?.backchannelLogoutUri ?? ''], [now]);
}
