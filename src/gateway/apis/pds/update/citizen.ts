import { extensionUrls, urls } from '../vocabulary.ts';
import type { PatchCheck } from './apply.ts';
import { invalidUpdate, type Patch } from './patches.ts';

const extensions: readonly unknown[] = [
  extensionUrls.communication,
  extensionUrls.nominatedPharmacy,
  extensionUrls.dispensingDoctor,
  extensionUrls.applianceSupplier,
  urls.birthPlace,
];

type Entry = Record<string, unknown>;

/** Lists that citizens may change in their own record, with the entries concerned (specification, patient-patch). */
const open: Readonly<Record<string, (entry: Entry) => boolean>> = {
  address: () => true,
  contact: () => true,
  telecom: ({ system, use }) => system === 'email' || (system === 'phone' && use === 'mobile'),
  extension: ({ url }) => extensions.includes(url),
};

/** Lists of which citizens may change a part of an entry; entries of others are sent as a whole. */
const partly: readonly string[] = ['address', 'contact'];

const asEntry = (value: unknown): Entry =>
  typeof value === 'object' && value !== null ? (value as Entry) : {};

/** Returns the entry that exists at the place of a patch. */
function existing({ parts: [root = '', place] }: Patch, document: object): Entry {
  const list: unknown = Reflect.get(document, root);
  return asEntry(Array.isArray(list) ? list[Number(place)] : undefined);
}

/** Refuses a patch that a citizen may not send. */
export const checkCitizen: PatchCheck = (patch, document) => {
  if (patch.op === 'test') return;
  const { op, parts, value } = patch;
  const [root = '', place] = parts;
  const allows = open[root];
  const isWhole = parts.length === 2;
  const isNew = op === 'add' && place === '-';
  const before = isNew || allows?.(existing(patch, document)) === true;
  const after = op === 'remove' || !isWhole || allows?.(asEntry(value)) === true;
  if (!allows || !before || !after || !(isWhole || op === 'remove' || partly.includes(root)))
    throw invalidUpdate('This user does not have permission to update the fields in the patches provided.');
};
