/** Formats an ISO time as a day. */
export const dateInWords = (iso: string): string =>
  // Created at each use, because its tables are large and few pages use it.
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(iso));
