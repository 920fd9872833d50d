import { isDeepStrictEqual } from 'node:util';
import type { Refusal } from '@alongside/kernel/errors';
import type { Address, Patient, Period } from '../patient.ts';

/** A record before and after a change, as the client sees it, with today's ISO date. */
export interface Change {
  before: Partial<Patient>;
  after: Partial<Patient>;
  today: string;
  refuse(reason: string): Refusal;
}

export type Rule = (change: Change) => void;

/** Returns the first key that two entries have. */
export const several = <T>(
  list: readonly T[] | undefined,
  key: (entry: T) => string | undefined,
): string | undefined => {
  const keys = (list ?? []).map(key).filter((value) => value !== undefined);
  return keys.find((value, at) => keys.indexOf(value) !== at);
};

/** Returns the entries that are new or changed, so that a bad old one does not block the change of another. */
const changedOf = <T>(before: readonly T[] = [], after: readonly T[] = []): T[] =>
  after.filter((entry) => !before.some((old) => isDeepStrictEqual(old, entry)));

const periods: Rule = ({ before, after, today, refuse }) => {
  for (const list of ['name', 'address', 'telecom', 'contact'] as const) {
    const old = new Map<string | undefined, Period | undefined>(
      (before[list] ?? []).map(({ id, period }) => [id, period]),
    );
    for (const { id, period } of changedOf<{ id?: string; period?: Period }>(before[list], after[list])) {
      if (period === undefined) continue;
      if (period.start > today && old.get(id)?.start !== period.start)
        throw refuse(`the start of a period of '${list}' cannot be in the future`);
      if (period.end !== undefined && period.end < period.start)
        throw refuse(`a period of '${list}' cannot end before it starts`);
    }
  }
};

/** Descriptions of a temporary address. */
const stays: readonly (string | undefined)[] = [
  'Second Home',
  'Student Accommodation',
  'Respite Care Address',
  'Temporary Residence Address',
  'Convalescence Home',
  'Mobile Home',
  'Holiday Home',
];

/** Postcodes of the Office for National Statistics for no address in the country. */
const isPseudo = (postcode: string | undefined): boolean => /^ZZ99 ?\d/.test(postcode ?? '');

/** Returns whether an address is valid only for a time. */
export const isLimited = ({ use }: Pick<Address, 'use'>): boolean => use === 'temp' || use === 'billing';

const addresses: Rule = ({ before, after, refuse }) => {
  const changed = changedOf(before.address, after.address);
  const twice = several(after.address, ({ use }) => use);
  if (twice !== undefined && changed.some(({ use }) => use === twice))
    throw refuse(`multiple ${twice} addresses cannot be added`);
  for (const address of changed) {
    const { use, period, line = [], text, postalCode } = address;
    if (use === 'work') throw refuse('a work address cannot be added or replaced');
    if (isLimited(address) && !(period?.start && period.end))
      throw refuse(`a ${use} address needs the start and the end of its period`);
    if (use === 'temp' && !stays.includes(text))
      throw refuse(`a temp address needs one of these as text: ${stays.join(', ')}`);
    if (!((line[0] || line[1]) && line[3]) && !isPseudo(postalCode))
      throw refuse('address lines 1 and 4 or 2 and 4 must be completed as a minimum');
  }
};

const isEmail = (value: string): boolean =>
  value.length > 6 && value.length < 90 && /^[^@\s]+@[^@\s]+$/.test(value);

const telecoms: Rule = ({ before, after, refuse }) => {
  const changed = changedOf(before.telecom, after.telecom);
  const kindOf = ({ system, use }: { system: string; use?: string }) => `${system} for ${use ?? 'no'} use`;
  const twice = several(after.telecom, kindOf);
  if (twice !== undefined && changed.some((point) => kindOf(point) === twice))
    throw refuse(`multiple contact points cannot be added: ${twice}`);
  for (const point of changed) {
    const old = before.telecom?.find(({ id }) => id === point.id);
    if (old && kindOf(old) !== kindOf(point))
      throw refuse('the system and the use of a contact point cannot be changed');
    if (point.system === 'email' && !isEmail(point.value)) throw refuse('email format is invalid');
  }
};

const contacts: Rule = ({ before, after, refuse }) => {
  for (const { relationship, telecom } of changedOf(before.contact, after.contact)) {
    if (relationship[0]?.coding[0]?.code !== 'C')
      throw refuse("only the contact relationship 'C' is supported");
    if (telecom.some(({ use, system, period }) => use !== undefined || period || system === 'fax'))
      throw refuse('a contact point of a contact has no use, no period and is no fax number');
    if (telecom.some(({ system, value }) => system === 'email' && !isEmail(value)))
      throw refuse('email format is invalid');
  }
};

/** Rules for addresses, telephones and contacts. */
export const placeRules: readonly Rule[] = [periods, addresses, telecoms, contacts];
