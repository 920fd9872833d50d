import type { FieldPlace, RequestDraft, RequestField } from './request-kinds.ts';

/** A typical mistake, to see how the services answer it. */
export interface Mistake {
  readonly id: string;
  readonly label: string;
  /** The field that it changes; undefined for the path. */
  readonly field?: { readonly name: string; readonly places: readonly FieldPlace[] };
  change(value: string): string;
}

const later = (more: number) => (value: string) => String(Number(value) + more);

/** The ten mistakes of docs/finding-mistakes.md. */
export const mistakes: readonly Mistake[] = [
  {
    id: 'secret',
    label: 'Wrong secret',
    field: { name: 'client_secret', places: ['form'] },
    change: () => 'this-is-not-the-secret',
  },
  {
    id: 'callback',
    label: 'Callback that is not registered',
    field: { name: 'redirect_uri', places: ['query', 'form'] },
    change: (value) => `${value}/`,
  },
  {
    id: 'kid',
    label: 'Unknown kid',
    field: { name: 'kid', places: ['assertion header'] },
    change: (value) => `${value}-old`,
  },
  {
    id: 'aud',
    label: 'Audience of another server',
    field: { name: 'aud', places: ['assertion claim'] },
    change: (value) => `${value}/`,
  },
  {
    id: 'exp',
    label: 'Expired assertion',
    field: { name: 'exp', places: ['assertion claim'] },
    change: later(-600),
  },
  {
    id: 'clock',
    label: 'Clock that is 60 s ahead',
    field: { name: 'iat', places: ['assertion claim'] },
    change: later(60),
  },
  {
    id: 'scope',
    label: 'Unknown scope',
    field: { name: 'scope', places: ['query'] },
    change: () => 'openid profil',
  },
  {
    id: 'acr',
    label: 'Unknown level',
    field: { name: 'acr_values', places: ['query'] },
    change: () => 'AAL3_SMARTCARDS',
  },
  {
    id: 'role',
    label: 'Role of another person',
    field: { name: 'NHSD-Session-URID', places: ['header'] },
    change: () => '555254240100',
  },
  { id: 'path', label: 'Wrong path', change: (value) => `${value}s` },
];

const changes = ({ field }: Mistake, { name, place }: RequestField): boolean =>
  field?.name === name && field.places.includes(place);

export const mistakesOf = ({ fields }: RequestDraft): readonly Mistake[] =>
  mistakes.filter((mistake) => !mistake.field || fields.some((each) => changes(mistake, each)));

/** A clock that is ahead changes all times of an assertion. */
const withClock = (fields: readonly RequestField[]): RequestField[] =>
  fields.map((each) => (each.name === 'exp' ? { ...each, value: later(60)(each.value) } : each));

/** Returns a request with these mistakes, and the names of the changed fields. */
export function withMistakes(
  draft: RequestDraft,
  chosen: readonly string[],
): { draft: RequestDraft; changed: ReadonlySet<string> } {
  const made = mistakesOf(draft).filter(({ id }) => chosen.includes(id));
  const changed = new Set<string>();
  const fields = draft.fields.map((field) => {
    const mistake = made.find((each) => changes(each, field));
    if (!mistake) return field;
    changed.add(field.name);
    return { ...field, value: mistake.change(field.value) };
  });
  const isAhead = made.some(({ id }) => id === 'clock');
  const path = made.find(({ field }) => field === undefined);
  if (path) changed.add('path');
  return {
    draft: {
      ...draft,
      url: path ? path.change(draft.url) : draft.url,
      fields: isAhead ? withClock(fields) : fields,
    },
    changed,
  };
}
