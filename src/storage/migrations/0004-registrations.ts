/** What registrations gained beside the application itself. */
export const registrations: readonly string[] = [];
