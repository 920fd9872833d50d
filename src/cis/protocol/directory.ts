/** Returns the job of a role name: the last of its three parts, without quotes. */
export const jobNameOf = (roleName: string): string =>
  roleName.split('":"').at(-1)?.replaceAll('"', '') ?? roleName;

type Place = Readonly<Record<'orgName' | 'orgCode', string>>;

/** Returns an organisation as people read it: the name, then the code. */
export const organisationOf = ({ orgName, orgCode }: Place): string => `${orgName} (${orgCode})`;

/** Returns a role as people read it: `Nurse Access Role at Example Surgery (A9A5A)`. */
export const roleText = ({ roleName, ...place }: Place & { readonly roleName: string }): string =>
  `${jobNameOf(roleName)} at ${organisationOf(place)}`;

/**
 * Response of `GET /directory/changes?after=N`: people who were changed or removed since, oldest first, at most 1,000. `last` is
 * `after` of the next call. Without `after`, `uids` is empty and `last` is the current number. Simultaneous changes may be missing,
 * and only the last 10,000 are stored, so a service that needs every change must also read each person from time to time.
 */
export interface ChangesAnswer {
  uids: string[];
  /** Those of them who were disabled or removed, even if they were enabled again since. Absent in earlier versions. */
  gone?: string[];
  last: number;
}

/** Body of `POST /directory/people/{uid}/mail`, CIS2: a mail to the person in plain text. Each `id` is sent once. */
export interface PersonMail {
  id: string;
  subject: string;
  text: string;
}

export interface PersonMailAnswer {
  /** False if the directory does not contain the person's address. */
  mailed: boolean;
}

/** Response of `GET /directory/people/{uid}/makers`. */
export interface MakersAnswer {
  /** Ids of administrators, from `administratorHeader`. */
  administrators: string[];
}

/** Header of the console's writes: id of the administrator who acts. Absent in development and for commands on the machine. */
export const administratorHeader = 'alongside-administrator';

/** The media type of an import's response with progress: JSON lines. The last has `status` and `result`. */
export const importProgressType = 'application/x-ndjson';
