import { isDeepStrictEqual } from 'node:util';
import { outcomes } from '../outcomes.ts';
import type { Extension, Patient, Period } from '../patient.ts';
import { extensionUrls, urls } from '../vocabulary.ts';
import { invalidUpdate } from './patches.ts';

/** A record before and after an update, as the client sees it, with today's ISO date. */
export interface Change {
  before: Patient;
  after: Patient;
  today: string;
}

type Rule = (change: Change) => void;

const forbid = (reason: string) => outcomes.forbiddenUpdate('the update is forbidden', { reason });

const several = <T>(
  list: readonly T[] | undefined,
  key: (entry: T) => string | undefined,
): string | undefined => {
  const keys = (list ?? []).map(key).filter((value) => value !== undefined);
  return keys.find((value, at) => keys.indexOf(value) !== at);
};

const usualNames = ({ name = [] }: Patient) => name.filter(({ use }) => use === 'usual');

const usualName: Rule = ({ before, after }) => {
  if (usualNames(after).length > 1) throw forbid('multiple usual names cannot be added');
  if (usualNames(before).length > 0 && usualNames(after).length === 0)
    throw forbid('not permitted to remove usual name');
};

const keptMembers: Rule = ({ before, after }) => {
  for (const member of ['gender', 'birthDate'] as const)
    if (before[member] !== undefined && after[member] === undefined)
      throw forbid(`source not permitted to remove '${member}'`);
};

const ids: Rule = ({ after }) => {
  for (const list of ['name', 'address', 'telecom', 'contact', 'generalPractitioner'] as const) {
    const twice = several<{ id?: string }>(after[list], ({ id }) => id);
    if (twice !== undefined) throw invalidUpdate(`multiple '${list}' resources with object id '${twice}'`);
  }
};

const names: Rule = ({ before, after }) => {
  if ((after.name ?? []).filter(({ use }) => use === 'nickname').length > 1)
    throw invalidUpdate('multiple nicknames cannot be added');
  for (const { id, use } of before.name ?? [])
    if (after.name?.some((name) => name.id === id && name.use !== use))
      throw invalidUpdate('the use of a name cannot be changed');
};

const birth: Rule = ({ before, after, today }) => {
  if (after.gender !== before.gender && after.gender === 'other')
    throw invalidUpdate("gender cannot be set to 'other'");
  if (after.birthDate === undefined || after.birthDate === before.birthDate) return;
  if (after.birthDate > today) throw invalidUpdate('birthDate cannot be in the future');
  if (after.deceasedDateTime !== undefined && after.birthDate > after.deceasedDateTime.slice(0, 10))
    throw invalidUpdate('birthDate cannot be after death');
};

const partOf = (extension: Extension | undefined, url: string) =>
  extension?.extension?.find((part) => part.url === url);
const extensionOf = ({ extension = [] }: Patient, url: string) =>
  extension.find((entry) => entry.url === url);
const codeOf = (extension: Extension | undefined) => extension?.valueCodeableConcept?.coding[0]?.code;
const deathStatus = (patient: Patient) =>
  codeOf(partOf(extensionOf(patient, extensionUrls.deathNotification), 'deathNotificationStatus'));

const death: Rule = ({ before, after, today }) => {
  const changed =
    before.deceasedDateTime !== after.deceasedDateTime || deathStatus(before) !== deathStatus(after);
  if (!changed) return;
  if (deathStatus(before) === '2') throw forbid('source not permitted to change a formal death notification');
  if (deathStatus(after) === '2') throw forbid('source not permitted to add a formal death notification');
  if ((after.deceasedDateTime === undefined) !== (deathStatus(after) === undefined))
    throw invalidUpdate('deceasedDateTime and death notification status must be given together');
  if ((after.deceasedDateTime ?? '').slice(0, 10) > today)
    throw invalidUpdate('deceasedDateTime cannot be in the future');
};

const periods: Rule = ({ before, after, today }) => {
  for (const list of ['name', 'address', 'telecom', 'contact'] as const) {
    const old = new Map<string | undefined, Period | undefined>(
      (before[list] ?? []).map(({ id, period }) => [id, period]),
    );
    for (const { id, period } of after[list] ?? []) {
      if (period === undefined) continue;
      if (period.start > today && old.get(id)?.start !== period.start)
        throw invalidUpdate(`the start of a period of '${list}' cannot be in the future`);
      if (period.end !== undefined && period.end < period.start)
        throw invalidUpdate(`a period of '${list}' cannot end before it starts`);
    }
  }
};

const addresses: Rule = ({ before, after }) => {
  const twice = several(after.address, ({ use }) => use);
  if (twice !== undefined) throw invalidUpdate(`multiple ${twice} addresses cannot be added`);
  const known = new Set(before.address?.map(({ id }) => id));
  const changed = after.address?.filter(
    (entry) => !before.address?.some((old) => isDeepStrictEqual(old, entry)),
  );
  for (const { id, use, period, line } of changed ?? []) {
    if (use === 'work' && !known.has(id)) throw invalidUpdate('a work address cannot be added');
    if ((use === 'temp' || use === 'billing') && period?.end === undefined)
      throw invalidUpdate(`a ${use} address needs the start and the end of its period`);
    if (!((line[0] || line[1]) && line[3]))
      throw invalidUpdate('address lines 1 and 4 or 2 and 4 must be completed as a minimum');
  }
};

const contacts: Rule = ({ after }) => {
  const twice = several(after.telecom, ({ system, use }) => `${system} for ${use ?? 'no'} use`);
  if (twice !== undefined) throw invalidUpdate(`multiple contact points cannot be added: ${twice}`);
  for (const { system, value } of after.telecom ?? [])
    if (system === 'email' && !(value.length > 6 && value.length < 90 && /^[^@\s]+@[^@\s]+$/.test(value)))
      throw invalidUpdate('email format is invalid');
  for (const { relationship, telecom } of after.contact ?? []) {
    if (relationship[0]?.coding[0]?.code !== 'C')
      throw invalidUpdate("only the contact relationship 'C' is supported");
    if (telecom.some(({ use, system }) => use !== undefined || system === 'fax'))
      throw invalidUpdate('a contact has neither a use nor a fax number');
  }
};

const extensions: Rule = ({ before, after }) => {
  const twice = several(after.extension, ({ url }) => url);
  if (twice !== undefined) throw invalidUpdate(`multiple extensions cannot be added: ${twice}`);
  const known = new Set([...Object.values<string>(extensionUrls), urls.birthPlace, urls.removal]);
  const strange = after.extension?.find(({ url }) => !known.has(url));
  if (strange) throw invalidUpdate(`Update unsupported for resource - '${strange.url}'`);
  if (JSON.stringify(extensionOf(before, urls.removal)) !== JSON.stringify(extensionOf(after, urls.removal)))
    throw forbid('source not permitted to change removal from registration');
  if (codeOf(partOf(extensionOf(after, extensionUrls.communication), 'language')) === 'en')
    throw invalidUpdate("preferred language cannot be 'en'");
  const birthPlace = extensionOf(after, urls.birthPlace)?.valueAddress;
  if (birthPlace && !birthPlace.city && !birthPlace.district && !birthPlace.country)
    throw invalidUpdate('place of birth needs at least one of city, district and country');
};

const practices: Rule = ({ before, after }) => {
  const ends = ({ generalPractitioner = [] }: Patient) => generalPractitioner[0]?.identifier.period?.end;
  if (ends(after) !== undefined && ends(after) !== ends(before))
    throw invalidUpdate('a general practitioner has no end date');
};

/** Rules for the result of an update, in order (specification, patient-patch). */
const rules: readonly Rule[] = [
  ids,
  usualName,
  keptMembers,
  names,
  birth,
  death,
  periods,
  addresses,
  contacts,
  extensions,
  practices,
];

/** Refuses a change that breaks a rule. */
export function checkRules(change: Change): void {
  for (const rule of rules) rule(change);
}
