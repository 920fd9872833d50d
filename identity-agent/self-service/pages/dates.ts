const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** An ISO time as a day in words. */
export const dateInWords = (iso: string): string => format.format(new Date(iso));
