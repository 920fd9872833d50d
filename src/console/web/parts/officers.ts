import { type Html, html } from '@alongside/kernel/html';
import { type PeopleAnswer, paths } from '../../../cis/protocol.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { orNull } from '../../model/neighbour.ts';
import { selectField } from '../frame/controls.ts';

/** Job roles that may act on cards and authenticators: registration authority manager and agent. */
const jobRoles = ['R5080', 'R5090'] as const;

interface Officer {
  uid: string;
  displayName: string;
}

/** Returns people who may act for the registration authority, by name. */
export async function officers({ cis }: Pick<ConsoleContext, 'cis'>): Promise<Officer[]> {
  const found = await Promise.all(
    jobRoles.map((role) => orNull(cis.read<PeopleAnswer>(paths.people, { role }))),
  );
  const people = found.flatMap((answer) => answer?.people ?? []).filter(({ disabled }) => !disabled);
  return [...new Map(people.map(({ uid, displayName }) => [uid, { uid, displayName }])).values()];
}

/** Who acts: the officers as a choice. */
export const officerField = (id: string, name: 'actor' | 'officer', people: readonly Officer[]): Html =>
  selectField({
    name,
    id,
    label: 'Who acts',
    options: people.map(({ uid, displayName }) => [uid, displayName] as const),
  });

export const noOfficer = html`<p class="warning">Nobody here has the role Registration Authority Manager or Agent, so cards cannot be changed. <a href="/people">Give it to someone</a>.</p>`;
