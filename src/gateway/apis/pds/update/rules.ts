import { outcomes } from '../outcomes.ts';
import type { Extension, Patient } from '../patient.ts';
import { isPreferredLanguage } from '../values.ts';
import { extensionUrls, urls } from '../vocabulary.ts';
import { type Change, placeRules, type Rule, several } from './place-rules.ts';

const forbid = (reason: string) => outcomes.forbiddenUpdate('the update is forbidden', { reason });
const forbidRemoval = (member: string) => forbid(`source not permitted to remove '${member}'`);

const usualNames = ({ name = [] }: Partial<Patient>) => name.filter(({ use }) => use === 'usual');

const usualName: Rule = ({ before, after }) => {
  if (usualNames(after).length > 1) throw forbid('multiple usual names cannot be added');
  if (usualNames(before).length > 0 && usualNames(after).length === 0)
    throw forbid('not permitted to remove usual name');
};

const keptMembers: Rule = ({ before, after }) => {
  for (const member of ['gender', 'birthDate', 'deceasedDateTime', 'generalPractitioner'] as const)
    if (before[member] !== undefined && after[member] === undefined) throw forbidRemoval(member);
};

const names: Rule = ({ before, after, refuse }) => {
  if ((after.name ?? []).filter(({ use }) => use === 'nickname').length > 1)
    throw refuse('multiple nicknames cannot be added');
  for (const { id, use } of before.name ?? [])
    if (after.name?.some((name) => name.id === id && name.use !== use))
      throw refuse('the use of a name cannot be changed');
};

const birth: Rule = ({ before, after, today, refuse }) => {
  if (after.gender !== before.gender && after.gender === 'other')
    throw refuse("gender cannot be set to 'other'");
  if (after.birthDate === undefined || after.birthDate === before.birthDate) return;
  if (after.birthDate > today) throw refuse('birthDate cannot be in the future');
  if (after.deceasedDateTime !== undefined && after.birthDate > after.deceasedDateTime.slice(0, 10))
    throw refuse('birthDate cannot be after death');
};

const partOf = (extension: Extension | undefined, url: string) =>
  extension?.extension?.find((part) => part.url === url);
const extensionOf = ({ extension = [] }: Partial<Patient>, url: string) =>
  extension.find((entry) => entry.url === url);
const codeOf = (extension: Extension | undefined) => extension?.valueCodeableConcept?.coding[0]?.code;
const deathStatus = (patient: Partial<Patient>) =>
  codeOf(partOf(extensionOf(patient, extensionUrls.deathNotification), 'deathNotificationStatus'));

const isSame = (before: Partial<Patient>, after: Partial<Patient>, url: string): boolean =>
  JSON.stringify(extensionOf(before, url)) === JSON.stringify(extensionOf(after, url));

const death: Rule = ({ before, after, today, refuse }) => {
  const [was, is] = [deathStatus(before), deathStatus(after)];
  const isUntouched = isSame(before, after, extensionUrls.deathNotification);
  if (before.deceasedDateTime === after.deceasedDateTime && isUntouched) return;
  if (was === '2') throw forbid('source not permitted to change a formal death notification');
  if (is === '2') throw forbid('source not permitted to add a formal death notification');
  if (was !== undefined && is === undefined) throw forbidRemoval('deathNotificationStatus');
  if ((after.deceasedDateTime === undefined) !== (is === undefined))
    throw refuse('deceasedDateTime and death notification status must be given together');
  const day = (after.deceasedDateTime ?? '').slice(0, 10);
  if (day > today) throw refuse('deceasedDateTime cannot be in the future');
  if (day !== '' && day < (after.birthDate ?? ''))
    throw refuse('deceasedDateTime cannot be before birthDate');
};

const interpreter = 'interpreterRequired';
const maxContactTime = 40;

const communication: Rule = ({ before, after, refuse }) => {
  if (isSame(before, after, extensionUrls.communication)) return;
  const [was, is] = [before, after].map((patient) => extensionOf(patient, extensionUrls.communication));
  if (partOf(was, interpreter) && is && !partOf(is, interpreter))
    throw refuse(`${interpreter} cannot be removed`);
  const language = codeOf(partOf(is, 'language'));
  if (language !== undefined && !isPreferredLanguage(language))
    throw refuse(`preferred language cannot be '${language}'`);
};

const contactPreference: Rule = ({ before, after, refuse }) => {
  if (isSame(before, after, extensionUrls.contactPreference)) return;
  const is = extensionOf(after, extensionUrls.contactPreference);
  const times = partOf(is, 'PreferredContactTimes')?.valueString;
  if (times === undefined) return;
  if (times.length > maxContactTime)
    throw refuse(`preferred contact times cannot have more than ${maxContactTime} characters`);
  if (!partOf(is, 'PreferredContactMethod'))
    throw refuse('preferred contact times need a preferred contact method');
};

const extensions: Rule = ({ before, after, refuse }) => {
  const twice = several(after.extension, ({ url }) => url);
  if (twice !== undefined) throw refuse(`multiple extensions cannot be added: ${twice}`);
  const known = new Set([...Object.values<string>(extensionUrls), urls.birthPlace, urls.removal]);
  const strange = after.extension?.find(({ url }) => !known.has(url));
  if (strange) throw refuse(`Update unsupported for resource - '${strange.url}'`);
  if (!isSame(before, after, urls.removal))
    throw forbid('source not permitted to change removal from registration');
  const birthPlace = extensionOf(after, urls.birthPlace)?.valueAddress;
  if (birthPlace && !birthPlace.city && !birthPlace.district && !birthPlace.country)
    throw refuse('place of birth needs at least one of city, district and country');
};

const practices: Rule = ({ before, after }) => {
  const end = ({ generalPractitioner = [] }: Partial<Patient>) =>
    generalPractitioner[0]?.identifier.period?.end;
  if (end(after) !== undefined && end(after) !== end(before))
    throw forbid("source not permitted to end 'generalPractitioner'");
};

/** Rules for the result of a change, in order (specification, patient-patch). */
const rules: readonly Rule[] = [
  usualName,
  keptMembers,
  names,
  birth,
  death,
  ...placeRules,
  extensions,
  communication,
  contactPreference,
  practices,
];

/** Refuses a change that breaks a rule. */
export function checkRules(change: Change): void {
  for (const rule of rules) rule(change);
}
