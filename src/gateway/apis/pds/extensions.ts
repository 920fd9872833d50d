import type { Refusal } from '@alongside/kernel/errors';
import { z } from 'zod';
import type { Extension, Patient } from './patient.ts';
import { checkShape, coding } from './shape.ts';
import { extensionUrls, ukCoreSystem, urls } from './vocabulary.ts';

const from = (system: string, code: z.ZodType = z.string()) =>
  coding.extend({ system: z.literal(system), code });
const concept = (name: string, code?: z.ZodType) =>
  z.strictObject({ coding: z.tuple([from(ukCoreSystem(name), code)]) });

/** An extension whose parts each occur once at most, in any order; the first is required. */
const parts = (first: string, members: Readonly<Record<string, Record<string, z.ZodType>>>) => {
  const [one, ...others] = Object.entries(members).map(([url, value]) =>
    z.strictObject({ url: z.literal(url), ...value }),
  );
  if (!one) throw new Error('an extension without parts');
  const isOnce = (list: readonly { url: string }[]) =>
    new Set(list.map(({ url }) => url)).size === list.length &&
    (first === '' || list.some(({ url }) => url === first));
  return z.strictObject({
    url: z.string(),
    extension: z
      .array(z.discriminatedUnion('url', [one, ...others]))
      .min(1)
      .max(others.length + 1)
      .refine(isOnce),
  });
};

const reference = z.strictObject({
  url: z.string(),
  valueReference: z.strictObject({
    identifier: z.strictObject({
      system: z.literal(urls.odsCode),
      value: z.string().regex(/^[A-Za-z0-9]{3,10}$/),
    }),
  }),
});

/** The published shape of each extension that a client may send (specification, schemas/extensions). */
const shapes: Readonly<Record<string, z.ZodType>> = {
  [extensionUrls.nominatedPharmacy]: reference,
  [extensionUrls.dispensingDoctor]: reference,
  [extensionUrls.applianceSupplier]: reference,
  [extensionUrls.deathNotification]: parts('deathNotificationStatus', {
    deathNotificationStatus: { valueCodeableConcept: concept('DeathNotificationStatus') },
    systemEffectiveDate: { valueDateTime: z.string() },
  }),
  [extensionUrls.communication]: parts('language', {
    language: { valueCodeableConcept: concept('HumanLanguage') },
    interpreterRequired: { valueBoolean: z.boolean() },
  }),
  [extensionUrls.contactPreference]: parts('', {
    PreferredWrittenCommunicationFormat: {
      valueCodeableConcept: concept('PreferredWrittenCommunicationFormat', z.enum(['11', '12', '13'])),
    },
    PreferredContactMethod: {
      valueCodeableConcept: concept('PreferredContactMethod', z.string().regex(/^[1-8]$/)),
    },
    PreferredContactTimes: { valueString: z.string() },
  }),
  [urls.birthPlace]: z.strictObject({ url: z.string(), valueAddress: z.object() }),
  [extensionUrls.addressKey]: parts('value', {
    type: { valueCoding: from(ukCoreSystem('AddressKeyType'), z.enum(['PAF', 'UPRN'])) },
    value: { valueString: z.string().regex(/^\d{1,12}$/) },
  }),
  [extensionUrls.otherContact]: z.strictObject({
    url: z.string(),
    valueCoding: from(ukCoreSystem('OtherContactSystem')),
  }),
};

type Extended = Pick<Partial<Patient>, 'extension' | 'address' | 'telecom'>;

/** Returns the extensions of a record and of the entries that may have some, by their paths. */
function located({ extension = [], address = [], telecom = [] }: Extended): [string, Extension][] {
  const inside = (list: string, entries: readonly { extension?: Extension[] }[]) =>
    entries.flatMap((entry, at) => placed(`${list}/${at}/extension`, entry.extension ?? []));
  return [...placed('extension', extension), ...inside('address', address), ...inside('telecom', telecom)];
}

const placed = (under: string, list: readonly Extension[]): [string, Extension][] =>
  list.map((extension, at) => [`${under}/${at}`, extension]);

/** Refuses an extension that is new or changed and does not have its published shape; those of other addresses are left to the caller. */
export function checkExtensionShapes(
  before: Extended,
  after: Extended,
  additional?: (names: readonly string[]) => Refusal,
): void {
  const known = new Set(located(before).map(([, extension]) => JSON.stringify(extension)));
  for (const [under, extension] of located(after)) {
    const shape = shapes[extension.url];
    if (shape && !known.has(JSON.stringify(extension)))
      checkShape(shape, extension, { under, ...(additional && { additional }) });
  }
}
