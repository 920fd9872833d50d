import type { Person } from '../../../cis/protocol.ts';
import { orNull } from '../../model/neighbour.ts';
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

/** Returns those of these people whom CIS finds, by uid. */
export async function peopleOf(
  { console: { cis } }: Pick<PageView, 'console'>,
  uids: readonly string[],
): Promise<Map<string, Person>> {
  const people = await Promise.all([...new Set(uids)].map((uid) => orNull(cis.person(uid))));
  return new Map(people.flatMap((person) => (person ? [[person.uid, person]] : [])));
}
