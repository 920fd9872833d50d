import type { Patient } from '../patient.ts';
import { extensionUrls, urls } from '../vocabulary.ts';
import { invalidUpdate, type Patch } from './patches.ts';

const extensions: readonly string[] = [
  extensionUrls.communication,
  extensionUrls.nominatedPharmacy,
  extensionUrls.dispensingDoctor,
  extensionUrls.applianceSupplier,
  urls.birthPlace,
];

interface Point {
  system?: unknown;
  use?: unknown;
}

const ownPoint = ({ system, use }: Point): boolean =>
  system === 'email' || (system === 'phone' && use === 'mobile');

/** Returns the entry that a patch adds or replaces, or the existing one. */
function subjectOf({ parts, op, value }: Patch, view: Patient): Record<string, unknown> {
  const list: unknown = Reflect.get(view, parts[0] ?? '');
  const existing: unknown = Array.isArray(list) ? list[Number(parts[1])] : undefined;
  const whole = parts.length === 2 && (op === 'add' || op === 'replace') ? value : existing;
  return typeof whole === 'object' && whole !== null ? (whole as Record<string, unknown>) : {};
}

/** Members that citizens may change in their own record, with further conditions. */
const open: Readonly<Record<string, (subject: Record<string, unknown>) => boolean>> = {
  address: () => true,
  contact: () => true,
  telecom: ownPoint,
  extension: ({ url }) => extensions.includes(String(url)),
};

/** Refuses changes that a citizen may not make. Citizens may change few members, and only as a whole. */
export function checkCitizen(patches: readonly Patch[], view: Patient): void {
  for (const patch of patches) {
    if (patch.op === 'test') continue;
    const allowed = open[patch.parts[0] ?? ''];
    const whole = patch.op === 'remove' || patch.parts.length === 2;
    const stays = patch.op === 'add' || allowed?.(subjectOf({ ...patch, op: 'remove' }, view)) === true;
    if (!allowed || !whole || !stays || !allowed(subjectOf(patch, view)))
      throw invalidUpdate('This user does not have permission to update the fields in the patches provided.');
  }
}
