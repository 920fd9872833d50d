/** Returns a module's full name. */
export const fapi2 = (name: string): string => `fapi2-security-profile-final-${name}`;
