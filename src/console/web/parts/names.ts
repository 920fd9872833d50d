import { type Html, html } from '@alongside/kernel/html';
import type { Person } from '../../../cis/protocol.ts';
import type { SessionAnswer } from '../../../cis2/protocol.ts';
import { orNull } from '../../model/neighbour.ts';
import { foreign, joined } from '../frame/controls.ts';
import type { PageView } from '../frame/page.ts';

/** Returns the name of the application of a client of CIS2 or of the platform; the client id if it is removed. */
export type ClientName = (clientId: string) => string;

/** Looks up the applications of these clients. */
export async function clientNames(
  { console: { applications } }: Pick<PageView, 'console'>,
  clientIds: readonly string[],
): Promise<ClientName> {
  const names = new Map<string, string>();
  await Promise.all(
    [...new Set(clientIds)].map(async (clientId) => {
      const application =
        (await orNull(applications.byCis2Client(clientId))) ??
        (await orNull(applications.byPlatformClient(clientId)));
      if (application) names.set(clientId, application.name);
    }),
  );
  return (clientId) => names.get(clientId) ?? clientId;
}

/** Returns the names of those of these applications that are registered, by id. */
export async function applicationNames(
  { console: { applications } }: Pick<PageView, 'console'>,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const found = await Promise.all([...new Set(ids)].map((id) => orNull(applications.get(id))));
  return new Map(found.flatMap((application) => (application ? [[application.id, application.name]] : [])));
}

/** The id under which the API platform is registered as a relying party of CIS2. */
const platform = 'platform';

/**
 * Looks up the applications of sessions at CIS2: their relying parties, and those with their tokens. The API platform is not named
 * beside the applications that it signs in.
 */
export async function sessionApplications(
  view: Pick<PageView, 'console'>,
  sessions: readonly Pick<SessionAnswer, 'clients' | 'tokens'>[],
): Promise<(session: Pick<SessionAnswer, 'clients' | 'tokens'>) => Html> {
  const { applications } = view.console;
  const clientIds = new Set(sessions.flatMap(({ clients }) => clients));
  const [names, found] = await Promise.all([
    applicationNames(
      view,
      sessions.flatMap(({ tokens }) => tokens.applications),
    ),
    Promise.all([...clientIds].map((clientId) => orNull(applications.byCis2Client(clientId)))),
  ]);
  const parties = new Map(found.map((application) => [application?.cis2?.clientId, application]));
  return ({ clients, tokens }) => {
    const used = new Map<string, string>();
    for (const clientId of clients) {
      const { id, name } = parties.get(clientId) ?? { id: clientId, name: clientId };
      used.set(id, name);
    }
    const throughPlatform = tokens.applications.filter((id) => id !== platform && !used.has(id));
    for (const id of tokens.applications) used.set(id, used.get(id) ?? names.get(id) ?? id);
    if (throughPlatform.length > 0) used.delete(platform);
    return used.size === 0
      ? html`no application yet`
      : joined([...used.values()].map((name) => foreign(name)));
  };
}

/** Returns those of these people whom CIS finds, by uid. */
export async function peopleOf(
  { console: { cis } }: Pick<PageView, 'console'>,
  uids: readonly string[],
): Promise<Map<string, Person>> {
  const people = await Promise.all([...new Set(uids)].map((uid) => orNull(cis.person(uid))));
  return new Map(people.flatMap((person) => (person ? [[person.uid, person]] : [])));
}
