/** An ISO time as a day in words. */
export const dateInWords = (iso: string): string =>
  // Made at each use: the tables that it brings along are large, and it is used on few pages.
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(iso));
