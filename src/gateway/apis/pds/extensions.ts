import type { Refusal } from '@alongside/kernel/errors';
import { z } from 'zod';
import type { Extension, Patient } from './patient.ts';
import { checkShape, coding } from './shape.ts';
import { extensionUrls, ukCoreSystem, urls } from './vocabulary.ts';

const from = (system: string, code: z.ZodType = z.string()) =>
  coding.extend({ system: z.literal(system), code });
const concept = (name: string, code?: z.ZodType) =>
  z.strictObject({ coding: z.tuple([from(ukCoreSystem(name), code)]) });

/** An extension whose parts each occur once at most, in any order. */
const parts = (required: readonly string[], members: Readonly<Record<string, Record<string, z.ZodType>>>) => {
  const [one, ...others] = Object.entries(members).map(([url, value]) =>
    z.strictObject({ url: z.literal(url), ...value }),
  );
  if (!one) throw new Error('an extension without parts');
  const isOnce = (list: readonly { url: string }[]) =>
    new Set(list.map(({ url }) => url)).size === list.length &&
    required.every((name) => list.some(({ url }) => url === name));
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
  [extensionUrls.deathNotification]: parts(['deathNotificationStatus'], {
    deathNotificationStatus: { valueCodeableConcept: concept('DeathNotificationStatus') },
    systemEffectiveDate: { valueDateTime: z.string() },
  }),
  [extensionUrls.communication]: parts(['language'], {
    language: { valueCodeableConcept: concept('HumanLanguage') },
    interpreterRequired: { valueBoolean: z.boolean() },
  }),
  [extensionUrls.contactPreference]: parts([], {
    PreferredWrittenCommunicationFormat: {
      valueCodeableConcept: concept('PreferredWrittenCommunicationFormat', z.enum(['11', '12', '13'])),
    },
    PreferredContactMethod: {
      valueCodeableConcept: concept('PreferredContactMethod', z.string().regex(/^[1-8]$/)),
    },
    PreferredContactTimes: { valueString: z.string() },
  }),
  [urls.birthPlace]: z.strictObject({ url: z.string(), valueAddress: z.object() }),
};

/** A key of the Postcode Address File has eight digits. */
function checkAddressKey({ extension }: { extension: unknown }, context: z.RefinementCtx): void {
  const parts = extension as Extension[];
  const at = parts.findIndex(({ url }) => url === 'value');
  const isOfFile = parts.some(({ valueCoding }) => valueCoding?.code === 'PAF');
  if (isOfFile && !/^\d{8}$/.test(parts[at]?.valueString ?? ''))
    context.addIssue({ code: 'custom', path: ['extension', at, 'valueString'] });
}

/** The only extension of an entry of a list. */
const shapesOfEntries: Readonly<Record<'address' | 'telecom', z.ZodType>> = {
  address: parts(['type', 'value'], {
    type: { valueCoding: from(ukCoreSystem('AddressKeyType'), z.enum(['PAF', 'UPRN'])) },
    value: { valueString: z.string().regex(/^\d{1,12}$/) },
  })
    .extend({ url: z.literal(extensionUrls.addressKey) })
    .superRefine(checkAddressKey),
  telecom: z.strictObject({
    url: z.literal(extensionUrls.otherContact),
    valueCoding: from(ukCoreSystem('OtherContactSystem'), z.literal('textphone')),
  }),
};

type Extended = Pick<Partial<Patient>, 'extension' | 'address' | 'telecom'>;

interface Located {
  under: string;
  extension: Extension;
  shape: z.ZodType | undefined;
}

/** Returns the extensions of a record and of its addresses and contact points. */
function located(record: Extended): Located[] {
  const inside = (list: 'address' | 'telecom') =>
    (record[list] ?? []).flatMap(({ extension = [] }, at) =>
      extension.map((one, place) => ({
        under: `${list}/${at}/extension/${place}`,
        extension: one,
        shape: shapesOfEntries[list],
      })),
    );
  const own = (record.extension ?? []).map((extension, at) => ({
    under: `extension/${at}`,
    extension,
    shape: shapes[extension.url],
  }));
  return [...own, ...inside('address'), ...inside('telecom')];
}

/** Refuses a new or changed extension without its published shape. The caller refuses unknown extensions of the record itself. */
export function checkExtensionShapes(
  before: Extended,
  after: Extended,
  additional?: (names: readonly string[]) => Refusal,
): void {
  const known = new Set(located(before).map(({ extension }) => JSON.stringify(extension)));
  for (const { under, extension, shape } of located(after))
    if (shape && !known.has(JSON.stringify(extension)))
      checkShape(shape, extension, { under, ...(additional && { additional }) });
}
