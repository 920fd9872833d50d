import { z } from 'zod';
import { type PeopleAnswer, paths } from '../../cis/protocol.ts';
import type { JourneySummary } from '../../journeys/model.ts';
import { titleOf } from '../../journeys/text.ts';
import { currentCaller, hasRole } from '../model/administrators/admission.ts';
import type { AdmittedRoles } from '../model/administrators/roles.ts';
import type { ConsoleContext } from '../model/dependencies.ts';
import { orNull } from '../model/neighbour.ts';
import { errorAddress, errorsLike, viewOfEntry } from './catalogue.ts';
import { cut } from './finding.ts';
import { idKindNames, pageOf } from './kinds/id.ts';

/** The most results of one kind. */
const most = 10;
/** Journeys are many, and have a list of their own. */
const maxJourneys = 5;
const longest = 200;

const kinds = [...idKindNames, 'error', 'patient'] as const;

export const found = z
  .strictObject({
    kind: z.enum(kinds).describe('What was found. `error`: an entry of the catalogue'),
    label: z.string(),
    about: z.string().describe('What distinguishes it: an id, a status, a time'),
    href: z.string().describe('A path of the console'),
  })
  .meta({ id: 'Found' });
export type Found = z.output<typeof found>;

const may = (roles: AdmittedRoles): boolean => hasRole(currentCaller(), { roles });

const errorsFound = (q: string): Found[] =>
  errorsLike(q)
    .slice(0, most)
    .map((entry) => ({
      kind: 'error',
      label: viewOfEntry(entry).headline,
      about: `${entry.status} ${entry.code}, ${entry.id}`,
      href: errorAddress(entry.id),
    }));

const journeyFound = (journey: JourneySummary): Found => ({
  kind: 'journey',
  label: cut(journey.headline || titleOf(journey)),
  about: cut(`${titleOf(journey)}, ${journey.startedAt.slice(0, 19).replace('T', ' ')} UTC`),
  href: `/journeys/${encodeURIComponent(journey.id)}${journey.failedStep === null ? '' : `?step=${journey.failedStep}`}`,
});

async function journeysFound(q: string, { journeys }: ConsoleContext): Promise<Found[]> {
  if (!may(['support'])) return [];
  return (await journeys.list({ q })).journeys.slice(0, maxJourneys).map(journeyFound);
}

async function applicationsFound(q: string, { applications }: ConsoleContext): Promise<Found[]> {
  if (!may(['support'])) return [];
  const wanted = q.toLowerCase();
  const all = await applications.list();
  return all
    .filter(({ id, name }) => [id, name].some((text) => text.toLowerCase().includes(wanted)))
    .slice(0, most)
    .map(({ id, name }) => ({
      kind: 'application',
      label: cut(name),
      about: id,
      // The page of an application is for administrators.
      href: may([])
        ? `/applications/${encodeURIComponent(id)}`
        : `/journeys?application=${encodeURIComponent(id)}`,
    }));
}

/** Of a limited administrator the directory returns the people of the own organisations alone. */
async function peopleFound(q: string, { cis }: ConsoleContext): Promise<Found[]> {
  if (!may(['registration-authority', 'support'])) return [];
  const answer = await orNull(cis.read<PeopleAnswer>(paths.people, { q, limit: String(most) }));
  return (answer?.people ?? []).slice(0, most).map(({ uid, displayName, persona }) => ({
    kind: 'person',
    label: displayName,
    about: persona ? `${persona}, ${uid}` : uid,
    href: `/people/${uid}`,
  }));
}

/** Patients are data of development. */
async function patientsFound(q: string, { development, patients }: ConsoleContext): Promise<Found[]> {
  if (!development) return [];
  const { patients: all } = await patients.list({ search: q.slice(0, 100), after: '', limit: most });
  return all.map(({ nhsNumber, name, birthDate }) => ({
    kind: 'patient',
    label: name ?? nhsNumber,
    about: [nhsNumber, birthDate].filter(Boolean).join(', '),
    href: `/patients?search=${nhsNumber}`,
  }));
}

/**
 * Finds by what people have: an id, an error code, words of a refusal, a path, a status, the id of an error, an application or a person.
 * What has this id comes first. The caller finds only what other calls show to the caller.
 */
export async function search(given: string, console: ConsoleContext): Promise<Found[]> {
  const q = given.trim().slice(0, longest);
  if (q === '') return [];
  const [exact, ...others] = await Promise.all([
    pageOf(q, console),
    applicationsFound(q, console),
    peopleFound(q, console),
    journeysFound(q, console),
    patientsFound(q, console),
  ]);
  const [applications, people, journeys, patients] = others;
  const all = [...applications, ...people, ...journeys, ...errorsFound(q), ...patients];
  if (!exact) return all;
  const { name: kind, label, href } = exact;
  return [{ kind, label, about: cut(q), href }, ...all.filter((other) => other.href !== href)];
}
