import { isDeepStrictEqual } from 'node:util';
import { type Patient, type PatientRecord, withoutEmpty } from '../patient.ts';

interface Entry {
  id?: string;
  url?: string;
}

const keyOf = ({ id, url }: Entry): string | undefined => url ?? id;

/**
 * Returns the list to store. Entries that the client did not change stay as stored, even if the client saw less of them; so do
 * entries that the client did not see.
 */
function keptList(stored: readonly Entry[], seen: readonly Entry[], wanted: readonly Entry[]): Entry[] {
  const seenBy = new Map(seen.map((entry) => [keyOf(entry), entry]));
  const wantedBy = new Map(wanted.map((entry) => [keyOf(entry), entry]));
  const old = stored.flatMap((entry) => {
    const key = keyOf(entry);
    const now = wantedBy.get(key);
    wantedBy.delete(key);
    const untouched = seenBy.has(key) ? isDeepStrictEqual(seenBy.get(key), now) : now === undefined;
    return untouched ? [entry] : now === undefined ? [] : [now];
  });
  return [...old, ...wantedBy.values()];
}

const listed = ['name', 'address', 'telecom', 'contact', 'generalPractitioner', 'extension'] as const;
const single = ['gender', 'birthDate', 'multipleBirthInteger', 'deceasedDateTime'] as const;

/** Returns entries that were changed or removed. */
const gone = <T extends Entry>(before: readonly T[] = [], after: readonly T[] = []): T[] =>
  before.filter((entry) => !after.some((other) => isDeepStrictEqual(other, entry)));

function historyOf({ patient: before, history }: PatientRecord, after: Patient): PatientRecord['history'] {
  const gender = before.gender !== undefined && before.gender !== after.gender ? [before.gender] : [];
  return {
    name: [...history.name, ...gone(before.name, after.name)],
    address: [...history.address, ...gone(before.address, after.address)],
    telecom: [...history.telecom, ...gone(before.telecom, after.telecom)],
    gender: [...history.gender, ...gender],
  };
}

/** Returns the record to store, from the stored one, what the client saw and what the client wants. */
export function merged(record: PatientRecord, seen: Patient, wanted: Patient): PatientRecord {
  const stored = record.patient;
  const singles = single
    .filter((member) => member in seen || member in wanted)
    .map((member) => [member, wanted[member]]);
  const lists = listed.map((member) => [
    member,
    keptList(stored[member] ?? [], seen[member] ?? [], wanted[member] ?? []),
  ]);
  const patient = Object.assign({ ...stored }, Object.fromEntries([...singles, ...lists]));
  const version = String(Number(stored.meta.versionId) + 1);
  const next = { ...withoutEmpty(patient), meta: { ...stored.meta, versionId: version } };
  return { ...record, patient: next, history: historyOf(record, next) };
}
